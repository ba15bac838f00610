-- One row per day, period type, unit and caliber: events verified on site, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_verification_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_verifications_by_day'), ref('int_verification_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('unit', 'unit_code')],
    measures=[
        'verified_count',
        'reworked_count',
    ], split_by=['counts.period_type']
) }}
