-- One row per period, unit and caliber: terminal minutes and cases, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('terminals') }}") }}
{{ roll_up_periods(
    ref('fct_terminals_by_day'), 'terminals',
    measures=[
        'planned_minutes',
        'available_minutes',
        'device_days',
        'terminal_case_count',
    ]
) }}
