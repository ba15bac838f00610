-- One row per day, unit and caliber: orders of patrolled matters, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_discovery_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_discoveries_by_day'), ref('int_discovery_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code')],
    measures=[
        'patrolled_order_count',
        'public_first_count',
    ]
) }}
