-- One row per day, unit and caliber: grids by size, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_days_passed') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_grids_by_day'), ref('int_days_passed'),
    levels=[('district', 'district_code'), ('street', 'street_code')],
    measures=[
        'grid_count',
        'conforming_count',
    ]
) }}
