-- One row per day, unit and caliber: call counts, summed over places.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('calls') }}") }}
-- depends_on: {{ ref('int_days_to_count') }}
{{ roll_up_units(
    ref('fct_calls_by_day'),
    levels=[],
    measures=[
        'inbound_count',
        'outbound_count',
        'offered_count',
        'answered_count',
        'answered_within_15s_count',
    ]
) }}
