-- One row per order and day it counts in, with the reason (anchor): created, dispatched, due by any of three clocks,
-- closed, called back, claimed.
{{ config(materialized='view') }}
with orders as (
    select * from {{ ref('fct_work_orders') }}
)

{% for anchor, day in [
    ('created', 'created_date'), ('dispatched', 'dispatched_date'), ('due', 'due_date'),
    ('unpaused_due', 'rule_unpaused_due_date'), ('paused_due', 'rule_paused_due_date'), ('closed', 'closed_date'),
    ('callback', 'callback_date'), ('claim', 'claim_date'), ('immediate_due', 'immediate_due_date'),
] %}
select
    orders.*,
    '{{ anchor }}' as anchor,
    {{ day }} as day
from orders
where {{ in_days_to_count('orders', day) }}
{{ 'union all' if not loop.last }}
{% endfor %}
