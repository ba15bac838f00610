-- One row per day whose grid event counts are written again in this build.
{{ days_to_count_again(
    ref('int_grid_event_days_before'), ref('fct_grid_events'), 'event_id', ref('int_grid_events_changed'),
    ['reported_date', 'due_date', 'deferred_date', 'closed_date', 'immediate_due_date']
) }}
