-- One row per day, unit and caliber: addresses in grids, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_coverage_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_addresses_by_day'), ref('int_coverage_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code')],
    measures=[
        'address_count',
        'covered_once_count',
        'covered_many_count',
    ]
) }}
