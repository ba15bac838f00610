-- One row per day in which a verification of a changed grid event counted until now.
{{ days_of_rows_about_to_change(
    'fct_event_verification_days', 'event_id', ref('int_grid_events_changed'),
    ['verified_date']
) }}
