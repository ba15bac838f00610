-- One row per order that can be counted and was followed by another of the same person, category and street (重复诉求).
-- What is in quarantine counts nowhere, so it repeats nothing.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="order_id in (select order_id from {{ ref('int_orders_changed') }})") }}
-- depends_on: {{ ref('int_orders_changed') }}
select distinct earlier.order_id -- followed more than once
from {{ ref('fct_work_orders') }} as earlier
inner join {{ ref('fct_work_orders') }} as later
    on
        earlier.caller_key = later.caller_key
        and earlier.category_code = later.category_code
        and earlier.street_code = later.street_code
        and earlier.closed_at < later.created_at
        and later.created_at <= {{ repeat_window_end('earlier.closed_at') }}
where
    earlier.order_id in (select order_id from {{ ref('int_orders_changed') }})
    and earlier.order_id <> later.order_id
