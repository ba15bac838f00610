-- One row per day, unit and caliber: grid event counts, summed over places.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('grid_events') }}") }}
-- depends_on: {{ ref('int_days_to_count') }}
{{ roll_up_units(
    ref('fct_grid_events_by_day'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('grid', 'grid_code'), ('unit', 'unit_code')],
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
