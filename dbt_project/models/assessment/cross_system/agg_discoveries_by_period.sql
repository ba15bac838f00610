-- One row per period, unit and caliber: orders of patrolled matters, summed over days.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_discovery_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_discoveries_by_unit_day'), ref('int_discovery_days_to_count'),
    measures=[
        'patrolled_order_count',
        'public_first_count',
    ]
) }}
