-- One row per order to judge again that was ever dispatched: when first, and how often it was handed on after that.
select
    order_id,
    min(case when event_type = 'dispatch' then occurred_at end) as first_dispatched_at,
    {{ count_where("event_type in ('return', 'reroute')") }} as return_count,
    count(*) - 1 as hop_count
from {{ ref('int_order_steps_latest') }}
where
    event_type in ('dispatch', 'return', 'reroute')
    and occurred_at <= {{ as_of() }}
    and order_id in (select order_id from {{ ref('int_orders_changed') }})
group by order_id
having min(case when event_type = 'dispatch' then occurred_at end) is not null
