-- One row per period, unit and caliber: call counts, summed.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_call_days_to_count'))) }}") }}
{{ roll_up(
    ref('fct_calls_by_day'), ref('int_call_days_to_count'),
    levels=[],
    measures=[
        'inbound_count',
        'outbound_count',
    ]
) }}
