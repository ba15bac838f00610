-- A day's orders of the city = those of its districts + those whose place is not known, recomputed from the orders.
{{ config(meta={'rule_id': 'L3-IDN-007', 'severity': 'block', 'table_name': 'agg_orders_by_period'}) }}
with by_cell as (
    select
        period_start,
        sum(case when unit_type = 'city' then created_count else 0 end) as city_count,
        sum(case when unit_type = 'district' then created_count else 0 end) as district_count
    from {{ ref('agg_orders_by_period') }}
    where period_type = 'day' and caliber = 'full'
    group by period_start
),

by_order as (
    select
        created_date,
        count(*) as order_count,
        {{ count_where('district_code is null') }} as unknown_count
    from {{ ref('fct_work_orders') }}
    group by created_date
)

select
    by_order.created_date,
    by_order.order_count,
    by_cell.city_count
from by_order
left join by_cell on by_order.created_date = by_cell.period_start
where
    by_cell.period_start is null
    or by_cell.city_count <> by_order.order_count
    or by_cell.city_count <> by_cell.district_count + by_order.unknown_count
