-- One row per period, unit and caliber: terminal minutes and cases, summed over days.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_terminal_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_terminals_by_unit_day'), ref('int_terminal_days_to_count'),
    measures=[
        'planned_minutes',
        'available_minutes',
        'device_days',
        'terminal_case_count',
    ]
) }}
