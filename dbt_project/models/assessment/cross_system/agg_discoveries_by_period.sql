-- One row per period, unit and caliber: orders of patrolled matters, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('discoveries') }}") }}
{{ roll_up_periods(
    ref('fct_discoveries_by_day'), 'discoveries',
    measures=[
        'patrolled_order_count',
        'public_first_count',
    ]
) }}
