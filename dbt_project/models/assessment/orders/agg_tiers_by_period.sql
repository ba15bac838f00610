-- One row per period, unit and caliber: what hotline and grid had to do at once or by a deadline (立应立行), added up.
{{ config(materialized='view') }}
with matters as (
    {% for relation in [ref('agg_orders_by_period'), ref('agg_grid_events_by_period')] %}
    select
        period_type,
        period_start,
        period_end,
        caliber,
        unit_type,
        unit_code,
        immediate_due_count,
        immediate_on_time_count,
        limited_due_count,
        limited_on_time_count
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    period_type,
    period_start,
    period_end,
    caliber,
    unit_type,
    unit_code,
    sum(immediate_due_count) as immediate_due_count,
    sum(immediate_on_time_count) as immediate_on_time_count,
    sum(limited_due_count) as limited_due_count,
    sum(limited_on_time_count) as limited_on_time_count
from matters
group by
    period_type,
    period_start,
    period_end,
    caliber,
    unit_type,
    unit_code
