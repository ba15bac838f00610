-- One row per day, unit and caliber: orders of patrolled matters, summed over places.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('discoveries') }}") }}
-- depends_on: {{ ref('int_days_to_count') }}
{{ roll_up_units(
    ref('fct_discoveries_by_day'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code')],
    measures=[
        'patrolled_order_count',
        'public_first_count',
    ]
) }}
