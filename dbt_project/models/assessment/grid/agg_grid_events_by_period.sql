-- One row per period, unit and caliber: grid event counts, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('grid_events') }}") }}
{{ roll_up_periods(
    ref('fct_grid_events_by_day'), 'grid_events',
    measures=[
        'reported_count',
        'clustered_verified_count',
        'due_count',
        'due_closed_count',
        'on_time_count',
        'late_count',
        'overdue_open_count',
        'immediate_due_count',
        'immediate_on_time_count',
        'limited_due_count',
        'limited_on_time_count',
        'deferred_due_count',
        'deferred_on_time_count',
        'closed_count',
        'self_closed_count',
    ]
) }}
