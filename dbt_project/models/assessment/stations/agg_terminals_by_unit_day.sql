-- One row per day, unit and caliber: terminal minutes and cases, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_terminal_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_terminals_by_day'), ref('int_terminal_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('point', 'station_code')],
    measures=[
        'planned_minutes',
        'available_minutes',
        'device_days',
        'terminal_case_count',
    ]
) }}
