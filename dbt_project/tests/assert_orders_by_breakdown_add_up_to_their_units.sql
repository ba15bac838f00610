-- The values of a breakdown add up to the counts of their unit, in every month; each unit that counts has breakdowns.
{{ config(meta={'rule_id': 'L3-IDN-009', 'severity': 'block', 'table_name': 'agg_orders_by_breakdown'}) }}
{% set measures = [
    'created_count', 'due_count', 'on_time_count', 'rated_callback_count', 'resolved_count', 'satisfied_count',
    'basically_satisfied_count',
] %}
with summed as (
    select
        period_start,
        unit_type,
        unit_code,
        caliber,
        breakdown,
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('agg_orders_by_breakdown') }}
    group by period_start, unit_type, unit_code, caliber, breakdown
),

units as (
    select * from {{ ref('agg_orders_by_period') }}
    where
        period_type = 'month'
        and unit_type in ('city', 'district')
        and {{ measures | join(' + ') }} > 0
),

breakdowns as (
    {% for breakdown in order_breakdowns() %}
    select '{{ breakdown }}' as breakdown{{ ' union all' if not loop.last }}
    {% endfor %}
)

select
    units.period_start,
    units.unit_type,
    units.unit_code,
    units.caliber,
    breakdowns.breakdown
from units
cross join breakdowns
left join summed
    on
        units.period_start = summed.period_start
        and units.unit_type = summed.unit_type
        and units.unit_code = summed.unit_code
        and units.caliber = summed.caliber
        and breakdowns.breakdown = summed.breakdown
where
    summed.unit_code is null
    {% for measure in measures -%}
    or units.{{ measure }} <> summed.{{ measure }}
    {% endfor %}
