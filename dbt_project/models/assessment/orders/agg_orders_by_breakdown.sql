-- One row per month, unit (city, districts), caliber and value of what orders are about: counts of orders by category,
-- demand type, tier and channel. An order of which the source does not say stands as unknown, so that the values of a
-- breakdown add up to the unit.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('orders') }}") }}
{% set breakdowns = order_breakdowns() %}
{% set measures = [
    'created_count', 'due_count', 'on_time_count', 'rated_callback_count', 'resolved_count', 'satisfied_count',
    'basically_satisfied_count',
] %}
with orders as (
    select * from {{ ref('fct_work_orders') }}
),

{% call(day) judged_orders({
    'created': 'created_date', 'due': 'due_date', 'callback': 'callback_date', 'claim': 'claim_date',
}) -%}
{{ day }} in (
        select days.day from {{ ref('bridge_days_periods') }} as days
        where days.period_type = 'month' and {{ in_periods_to_count('orders') }}
    )
{%- endcall %},

counted as (
    select
        cast({{ dbt.date_trunc('month', 'day') }} as date) as period_start,
        district_code,
        caliber,
        {% for column in breakdowns.values() -%}
        coalesce(nullif({{ column }}, ''), 'unknown') as {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        {{ order_measure(measure) }} as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged
    group by
        cast({{ dbt.date_trunc('month', 'day') }} as date),
        district_code,
        caliber,
        {% for column in breakdowns.values() -%}
        coalesce(nullif({{ column }}, ''), 'unknown'){{ ',' if not loop.last }}
        {% endfor %}
),

rolled as (
    {% for breakdown, column in breakdowns.items() %}
    select
        period_start,
        caliber,
        case when grouping(district_code) = 0 then 'district' else 'city' end as unit_type,
        case when grouping(district_code) = 0 then district_code else '{{ var("city_code") }}' end as unit_code,
        '{{ breakdown }}' as breakdown,
        {{ column }} as value_code,
        {% for measure in measures -%}
        cast(sum({{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from counted
    group by grouping sets ((period_start, caliber, {{ column }}, district_code), (period_start, caliber, {{ column }}))
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    'month' as period_type,
    rolled.*
from rolled
where rolled.unit_code is not null
