-- One row per period, unit and caliber: call counts, summed over days.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_call_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_calls_by_unit_day'), ref('int_call_days_to_count'),
    measures=[
        'inbound_count',
        'outbound_count',
        'offered_count',
        'answered_count',
        'answered_within_15s_count',
    ]
) }}
