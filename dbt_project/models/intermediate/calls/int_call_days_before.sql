-- One row per day in which a changed call counted until now.
{{ days_of_rows_about_to_change(
    'fct_calls', 'call_id', ref('int_calls_changed'),
    ['call_date']
) }}
