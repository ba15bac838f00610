-- due = on time + late + overdue and open, in every cell; and there are cells to look at once orders were counted.
{{ config(meta={'rule_id': 'L3-IDN-005', 'severity': 'block', 'table_name': 'agg_orders_by_period'}) }}
select
    'parts do not add up' as problem,
    unit_type,
    unit_code
from {{ ref('agg_orders_by_period') }}
where due_count <> on_time_count + late_count + overdue_open_count
union all
select
    'no cell was seen' as problem,
    '' as unit_type,
    '' as unit_code
from (select count(*) as order_count from {{ ref('fct_work_orders') }}) as orders
cross join (select count(*) as cell_count from {{ ref('agg_orders_by_period') }}) as cells
where orders.order_count > 0 and cells.cell_count = 0
