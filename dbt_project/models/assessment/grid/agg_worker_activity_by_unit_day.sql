-- One row per day, unit and caliber: registered and active accounts, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_activity_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_worker_activity_by_day'), ref('int_activity_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code')],
    measures=[
        'registered_count',
        'active_count',
    ]
) }}
