-- One row per period, unit and caliber: events verified on site, summed over days.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_verification_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_verifications_by_unit_day'), ref('int_verification_days_to_count'),
    measures=[
        'verified_count',
        'reworked_count',
    ], split_by_period_type=true
) }}
