-- One row per day, unit and caliber: additive counts of calls. Calls have no scope, so both calibers are equal.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('calls') }}") }}
with calls as (
    select
        *,
        call_date as day
    from {{ ref('fct_calls') }}
    where {{ in_days_to_count('calls', 'call_date') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        day,
        '{{ caliber }}' as caliber,
        {{ count_where("direction = 'inbound'") }} as inbound_count,
        {{ count_where("direction = 'outbound'") }} as outbound_count,
        {{ count_where("direction = 'inbound' and offered_at is not null") }} as offered_count,
        {{ count_where(
            "direction = 'inbound' and offered_at is not null and answered_at is not null"
        ) }} as answered_count,
        {{ count_where(
            "direction = 'inbound' and answered_at <= " ~ answered_within('offered_at')
        ) }} as answered_within_15s_count
    from calls
    group by day
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[],
    measures=[
        'inbound_count',
        'outbound_count',
        'offered_count',
        'answered_count',
        'answered_within_15s_count',
    ]
) }}
