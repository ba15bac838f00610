-- One row per day, unit and caliber: call counts, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_call_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_calls_by_day'), ref('int_call_days_to_count'),
    levels=[],
    measures=[
        'inbound_count',
        'outbound_count',
        'offered_count',
        'answered_count',
        'answered_within_15s_count',
    ]
) }}
