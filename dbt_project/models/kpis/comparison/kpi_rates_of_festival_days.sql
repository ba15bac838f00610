-- One row per KPI, variant, unit, period and caliber of a period that a movable festival shifts: the figure of the days
-- a year before that stood as far from the festival, for KPIs that are sums over days. Periods of the last 400 days: an
-- older comparison is in the releases of its time.
{% set counts = {
    'orders': ref('fct_orders_by_day'),
    'calls': ref('fct_calls_by_day'),
    'grid_events': ref('fct_grid_events_by_day'),
    'cases': ref('fct_cases_by_day'),
} %}
{% set relations = dict(zip(counts, counts)) %}
with windows as (
    select * from {{ ref('bridge_periods_compared') }}
    where
        comparison = 'last_year'
        and aligned_by <> 'calendar'
        and period_start > {{ dbt.dateadd('day', -400, business_date()) }}
),

{% for count_model, units in counts.items() %}
{{ count_model }} as (
    {{ sum_windows(units, 'windows') }}
),

{% endfor %}
counted as (
    {{ counted_rows(relations) }}
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
from counted
