{#
  Sums of a count model over geography x period x caliber, for the periods that hold a rebuilt day. The city is the sum
  of everything, places that are not known included; a lower level holds only what is known to lie in it.

  levels: list of (unit type, column), without the city; measures: additive columns.
#}
{% macro roll_up(counts, days, levels, measures) %}
with periods as (
    select distinct -- many days of one period
        period_type,
        period_start
    from {{ ref('bridge_days_periods') }}
    where day in (select rebuilt.day from {{ days }} as rebuilt)
),

period_days as (
    select
        bridge.day,
        bridge.period_type,
        bridge.period_start,
        bridge.period_end
    from {{ ref('bridge_days_periods') }} as bridge
    inner join periods
        on bridge.period_type = periods.period_type and bridge.period_start = periods.period_start
),

rolled as (
    select
        period_days.period_type,
        period_days.period_start,
        period_days.period_end,
        counts.caliber,
        case
            {% for unit_type, column in levels -%}
            when grouping(counts.{{ column }}) = 0 then '{{ unit_type }}'
            {% endfor -%}
            when true then 'city'
        end as unit_type,
        case
            {% for unit_type, column in levels -%}
            when grouping(counts.{{ column }}) = 0 then counts.{{ column }}
            {% endfor -%}
            when true then '{{ var("city_code") }}'
        end as unit_code,
        {% for measure in measures -%}
        sum(counts.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ counts }} as counts
    inner join period_days
        on counts.day = period_days.day
    group by grouping sets (
        {% for unit_type, column in levels -%}
        (period_days.period_type, period_days.period_start, period_days.period_end, counts.caliber, counts.{{ column }}),
        {% endfor -%}
        (period_days.period_type, period_days.period_start, period_days.period_end, counts.caliber)
    )
)

select * from rolled
where unit_code is not null
{% endmacro %}

{# Condition for clear(): rows of the periods that hold a rebuilt day. #}
{% macro in_rebuilt_periods(days) -%}
    (period_type, period_start) in (
        select period_type, period_start from {{ ref('bridge_days_periods') }}
        where day in (select day from {{ days }})
    )
{%- endmacro %}
