-- One row per order that was ever closed: the unit responsible at its last closing, whatever rerouting follows.
with closings as (
    select * from {{ ref('int_order_steps_latest') }}
    where
        event_type = 'close'
        and order_id in (select order_id from {{ ref('int_orders_changed') }})
),

ranked as (
    select
        order_id,
        unit_code,
        row_number() over (
            partition by order_id
            order by occurred_at desc, event_id desc
        ) as recency
    from closings
    where unit_code is not null
)

select
    order_id,
    unit_code as closing_unit_code
from ranked
where recency = 1
