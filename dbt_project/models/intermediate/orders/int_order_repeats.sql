-- One row per order to judge again that was followed by another of the same person, category and street (重复诉求).
with streets as (
    select
        place_code,
        street_code
    from {{ ref('dim_places') }}
    where street_code is not null
),

matters as (
    select
        orders.order_id,
        orders.caller_key,
        orders.category_code,
        coalesce(communities.street_code, streets.street_code) as street_code,
        orders.created_at,
        orders.closed_at
    from {{ ref('int_orders_latest') }} as orders
    left join {{ ref('dim_places') }} as communities
        on orders.community_code = communities.place_code
    left join streets
        on orders.street_code = streets.place_code
    where orders.caller_key is not null
)

select distinct earlier.order_id -- followed more than once
from matters as earlier
inner join matters as later
    on
        earlier.caller_key = later.caller_key
        and earlier.category_code = later.category_code
        and earlier.street_code = later.street_code
        and earlier.closed_at < later.created_at
        and later.created_at <= {{ repeat_window_end('earlier.closed_at') }}
        and later.created_at <= {{ as_of() }}
where
    earlier.order_id in (select order_id from {{ ref('int_orders_changed') }})
    and earlier.order_id <> later.order_id
