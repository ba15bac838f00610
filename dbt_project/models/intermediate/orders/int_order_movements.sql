-- One row per order to judge again that was ever dispatched: when first, how often it was handed on after that, and how
-- often its tier was made more lenient after that.
with steps as (
    select
        *,
        min(case when event_type = 'dispatch' then occurred_at end) over (partition by order_id) as first_dispatched_at
    from {{ ref('int_order_steps_latest') }}
    where
        event_type in ('dispatch', 'return', 'reroute', 'tier_change')
        and occurred_at <= {{ as_of() }}
        and order_id in (select order_id from {{ ref('int_orders_changed') }})
)

select
    order_id,
    min(first_dispatched_at) as first_dispatched_at,
    {{ count_where("event_type in ('return', 'reroute')") }} as return_count,
    {{ count_where("event_type <> 'tier_change' and occurred_at > first_dispatched_at") }} as hop_count,
    {{ count_where(
        "event_type = 'tier_change' and occurred_at > first_dispatched_at and "
        ~ tier_leniency('to_value') ~ ' > ' ~ tier_leniency('from_value')
    ) }} as tier_relaxation_count
from steps
where first_dispatched_at is not null
group by order_id
