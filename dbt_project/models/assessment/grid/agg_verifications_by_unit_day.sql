-- One row per day, period type, unit and caliber: events verified on site, summed over places.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('verifications') }}") }}
with counted as (
    select * from {{ ref('fct_verifications_by_day') }}
    where {{ in_days_to_count('verifications') }}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('unit', 'unit_code')],
    measures=[
        'verified_count',
        'reworked_count',
    ], split_by=['counts.period_type']
) }}
