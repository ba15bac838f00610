{#
  Two steps from counts to periods. First a day's counts become a row per unit (roll_up_units), the only place where
  geography is summed; then periods are sums of those rows (roll_up_periods), so that a running year costs one row per
  unit and day and never goes back to the records.

  The city is the sum of everything, places that are not known included; a lower level holds only what is known to lie
  in it.
    counts    relation with one row per day, place …, caliber: those counted again in this build
    levels    list of (unit type, column), without the city
    measures  additive columns
    split_by  further columns that stay apart
#}
{% macro roll_up_units(counts, levels, measures, split_by=[]) %}
{% set kept = ['counts.day', 'counts.caliber'] + split_by %}
select * from (
    select
        {{ kept | join(',\n        ') }},
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
        cast(sum(counts.{{ measure }}) as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ counts }} as counts
    group by grouping sets (
        {% for unit_type, column in levels -%}
        ({{ kept | join(', ') }}, counts.{{ column }}),
        {% endfor -%}
        ({{ kept | join(', ') }})
    )
) as rolled
where unit_code is not null
{% endmacro %}

{#
  Sums over the days of every period that holds a rebuilt day.
    units        model made by roll_up_units
    count_model  whose days are counted again
    of_last_day  a stock is not summed: the period has what its last counted day has
    split_by_period_type  counts differ by period type (column period_type in `units`)
#}
{% macro roll_up_periods(units, count_model, measures, of_last_day=false, split_by_period_type=false) %}
with periods as (
    select distinct -- many days of one period
        period_type,
        period_start
    from {{ ref('bridge_days_periods') }}
    where {{ in_days_to_count(count_model) }}
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
){% if of_last_day %},

last_days as (
    select
        period_type,
        period_start,
        max(period_days.day) as day
    from period_days
    where period_days.day in (select counted.day from {{ units }} as counted)
    group by period_type, period_start
){% endif %}

select
    period_days.period_type,
    period_days.period_start,
    period_days.period_end,
    units.caliber,
    units.unit_type,
    units.unit_code,
    {% for measure in measures -%}
    cast(sum(units.{{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ units }} as units
inner join period_days
    on units.day = period_days.day{{ ' and units.period_type = period_days.period_type' if split_by_period_type }}
{%- if of_last_day %}
inner join last_days
    on
        period_days.day = last_days.day
        and period_days.period_type = last_days.period_type
        and period_days.period_start = last_days.period_start
{%- endif %}
where
    (units.unit_type, period_days.period_type) in (
        select
            published_grains.unit_type,
            published_grains.period_type
        from {{ ref('bridge_units_periods') }} as published_grains
    )
group by
    period_days.period_type,
    period_days.period_start,
    period_days.period_end,
    units.caliber,
    units.unit_type,
    units.unit_code
{% endmacro %}
