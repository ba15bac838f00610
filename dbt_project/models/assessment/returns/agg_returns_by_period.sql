-- One row per KPI, variant, unit, period and caliber: sums of what was returned; of a stock the last report's of the
-- period.
{{ config(materialized='table') }}
with placed as (
    select
        measures.*,
        periods.period_type,
        periods.period_start,
        periods.period_end
    from {{ ref('int_return_measures') }} as measures
    inner join {{ ref('bridge_days_periods') }} as periods
        on measures.day = periods.day
    where measures.day <= {{ business_date() }}
),

dated as (
    select
        *,
        max(day) over (partition by kpi_id, variant, period_type, period_start) as last_day
    from placed
),

rolled as (
    select
        kpi_id,
        variant,
        period_type,
        period_start,
        period_end,
        {% set levels = [
            ('unit', 'unit_code'), ('community', 'community_code'), ('street', 'street_code'), ('district', 'district_code'),
        ] -%}
        case
            {% for unit_type, column in levels -%}
            when grouping({{ column }}) = 0 then '{{ unit_type }}'
            {% endfor -%}
            when true then 'city'
        end as unit_type,
        case
            {% for unit_type, column in levels -%}
            when grouping({{ column }}) = 0 then {{ column }}
            {% endfor -%}
            when true then '{{ var("city_code") }}'
        end as unit_code,
        sum(cast(numerator as decimal(18, 4))) as numerator,
        sum(cast(denominator as decimal(18, 4))) as denominator
    from dated
    where not is_stock or day = last_day
    group by grouping sets (
        {% for unit_type, column in levels -%}
        (kpi_id, variant, period_type, period_start, period_end, {{ column }}),
        {% endfor -%}
        (kpi_id, variant, period_type, period_start, period_end)
    )
)

{% for caliber in ['full', 'assessed'] %}
select
    kpi_id,
    variant,
    period_type,
    period_start,
    period_end,
    '{{ caliber }}' as caliber,
    unit_type,
    unit_code,
    numerator,
    denominator
from rolled
where unit_code is not null
{{ 'union all' if not loop.last }}
{% endfor %}
