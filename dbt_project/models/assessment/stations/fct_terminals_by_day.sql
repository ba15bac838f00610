-- One row per day, service point and caliber: minutes and cases of its self-service terminals.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_terminal_days_to_count') ~ ')') }}") }}
with terminals as (
    select
        *,
        service_date as day
    from {{ ref('fct_terminal_days') }}
    where service_date in (select days.day from {{ ref('int_terminal_days_to_count') }} as days)
)

{% for caliber in ['full', 'assessed'] %}
select
    day,
    district_code,
    street_code,
    community_code,
    station_code,
    '{{ caliber }}' as caliber,
    cast(sum(planned_minutes) as integer) as planned_minutes,
    cast(sum(available_minutes) as integer) as available_minutes,
    cast(count(*) as integer) as device_days,
    cast(sum(case_count) as integer) as terminal_case_count
from terminals
group by
    day,
    district_code,
    street_code,
    community_code,
    station_code
{{ 'union all' if not loop.last }}
{% endfor %}
