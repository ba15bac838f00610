-- One row per day, service point and caliber: minutes and cases of its self-service terminals.
-- A view of the days counted again in this build: what is kept is its sum per unit and day.
{{ config(materialized='view') }}
with terminals as (
    select
        *,
        service_date as day
    from {{ ref('fct_terminal_days') }}
    where {{ in_days_to_count('terminals', 'service_date') }}
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
