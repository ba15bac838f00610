-- One row per day in which a changed case counted until now.
{{ days_of_rows_about_to_change(
    'fct_cases', 'case_id', ref('int_cases_changed'),
    ['finished_date']
) }}
