-- One row per day, unit and caliber: residents within reach of a point, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_days_passed') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_residents_by_day'), ref('int_days_passed'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code')],
    measures=[
        'resident_count',
        'reached_count',
        'cluster_count',
    ]
) }}
