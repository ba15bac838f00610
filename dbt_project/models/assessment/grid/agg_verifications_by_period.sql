-- One row per period, unit and caliber: events verified on site, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('verifications') }}") }}
{{ roll_up_periods(
    ref('fct_verifications_by_day'), 'verifications',
    measures=[
        'verified_count',
        'reworked_count',
    ], split_by_period_type=true
) }}
