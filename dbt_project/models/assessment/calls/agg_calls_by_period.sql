-- One row per period, unit and caliber: call counts, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('calls') }}") }}
{{ roll_up_periods(
    ref('fct_calls_by_day'), 'calls',
    measures=[
        'inbound_count',
        'outbound_count',
        'offered_count',
        'answered_count',
        'answered_within_15s_count',
    ]
) }}
