-- One row per KPI, variant, unit, period and caliber that the borders of now would change: the figure by them, for
-- KPIs that are sums of orders, grid events or cases over days.
{% set counts = {
    'orders': ref('fct_orders_by_day'),
    'grid_events': ref('fct_grid_events_by_day'),
    'cases': ref('fct_cases_by_day'),
} %}
{% set relations = dict(zip(counts, counts)) %}
with
{%- for count_model, units in counts.items() %}
{{ count_model }} as (
    {{ redraw_units(units) }}
),

{% endfor -%}
counted as (
    {{ counted_rows(relations) }}
),

differing as (
    select counted.*
    from counted
    left join {{ ref('kpi_rates') }} as rates
        on
            counted.kpi_id = rates.kpi_id
            and counted.variant = rates.variant
            and counted.unit_type = rates.unit_type
            and counted.unit_code = rates.unit_code
            and counted.period_type = rates.period_type
            and counted.period_start = rates.period_start
            and counted.caliber = rates.caliber
    where
        counted.numerator <> coalesce(rates.numerator, 0)
        or coalesce(counted.denominator, 0) <> coalesce(rates.denominator, 0)
)

select
    kpi_id,
    variant,
    unit_type,
    unit_code,
    period_type,
    period_start,
    period_end,
    caliber,
    {{ rated_columns() }}
from differing
