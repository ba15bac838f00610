-- Landed, and not taken out of the files since, = counted + quarantined, and nothing is in both.
{{ config(meta={'rule_id': 'L3-IDN-001', 'severity': 'block', 'table_name': 'fct_work_orders'}) }}
with landed as (
    select order_id from {{ ref('int_orders_latest') }}
    where not {{ is_gone('status') }}
),

placed as (
    select order_id from {{ ref('fct_work_orders') }}
    union all
    select order_id from {{ ref('quarantine_work_orders') }}
)

select
    coalesce(landed.order_id, placed.order_id) as order_id,
    count(placed.order_id) as places
from landed
full outer join placed on landed.order_id = placed.order_id
group by coalesce(landed.order_id, placed.order_id)
having count(placed.order_id) <> 1 or count(landed.order_id) <> 1
