-- One row per day, unit and caliber: terminal minutes and cases, summed over places.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('terminals') }}") }}
-- depends_on: {{ ref('int_days_to_count') }}
{{ roll_up_units(
    ref('fct_terminals_by_day'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('point', 'station_code')],
    measures=[
        'planned_minutes',
        'available_minutes',
        'device_days',
        'terminal_case_count',
    ]
) }}
