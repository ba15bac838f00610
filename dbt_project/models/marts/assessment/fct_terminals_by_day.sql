-- One row per day, service point and caliber: minutes and cases of its self-service terminals.
with terminals as (
    select
        *,
        service_date as day
    from {{ ref('fct_terminal_days') }}
)

{% for caliber in ['full', 'assessed'] %}
select
    day,
    district_code,
    street_code,
    community_code,
    station_code,
    '{{ caliber }}' as caliber,
    sum(planned_minutes) as planned_minutes,
    sum(available_minutes) as available_minutes,
    count(*) as device_days,
    sum(case_count) as terminal_case_count
from terminals
group by
    day,
    district_code,
    street_code,
    community_code,
    station_code
{{ 'union all' if not loop.last }}
{% endfor %}
