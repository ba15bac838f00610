-- One row per day in which a changed grid event counted until now.
{{ days_of_rows_about_to_change(
    'fct_grid_events', 'event_id', ref('int_grid_events_changed'),
    ['reported_date', 'due_date', 'deferred_date', 'closed_date', 'immediate_due_date']
) }}
