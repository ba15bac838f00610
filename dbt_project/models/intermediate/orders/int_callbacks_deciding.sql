-- One row per order called back validly: the attempt that decides H07 to H11, the last valid one.
with callbacks as (
    select * from {{ ref('int_callbacks_latest') }}
    where
        order_id in (select order_id from {{ ref('int_orders_changed') }})
        and is_valid
        and called_at <= {{ as_of() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by called_at desc, attempt_no desc, callback_id desc
        ) as recency
    from callbacks
)

select
    order_id,
    called_at,
    coalesce(is_contacted, false) as is_contacted,
    coalesce(is_resolved, false) as is_resolved,
    satisfaction
from ranked
where recency = 1
