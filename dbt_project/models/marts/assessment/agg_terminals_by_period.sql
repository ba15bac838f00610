-- One row per period, unit and caliber: terminal minutes and cases, summed.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_terminal_days_to_count'))) }}") }}
{{ roll_up(
    ref('fct_terminals_by_day'), ref('int_terminal_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('point', 'station_code')],
    measures=[
        'planned_minutes',
        'available_minutes',
        'device_days',
        'terminal_case_count',
    ]
) }}
