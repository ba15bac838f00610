-- One row per day whose verification counts are written again in this build.
{{ days_to_count_again(
    ref('int_verification_days_before'), ref('fct_event_verification_days'), 'event_id', ref('int_grid_events_changed'),
    ['verified_date']
) }}
