-- One row per order that broke a record rule: not counted, not lost.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'order_id in (select order_id from ' ~ ref('int_orders_changed') ~ ')') }}") }}
-- depends_on: {{ ref('int_order_days_before') }}
select
    order_id,
    broken_rule_id as rule_id,
    resolved_street_code as street_code,
    resolved_district_code as district_code,
    {{ local_date('created_at') }} as record_date,
    landed_date
from {{ ref('int_orders_checked') }}
where broken_rule_id is not null
