-- One row per order that broke a record rule: not counted, not lost.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="order_id in (select order_id from {{ ref('int_orders_changed') }})") }}
-- depends_on: {{ ref('int_orders_changed') }}
select
    order_id,
    broken_rule_id as rule_id,
    resolved_district_code as district_code,
    resolved_street_code as street_code,
    known_community_code as community_code,
    coalesce(closing_unit_code, known_unit_code) as unit_code,
    parent_order_id is null and coalesce(closure_code, '') <> 'withdrawn' as is_answered_for,
    tier,
    channel,
    {{ local_date('created_at') }} as record_date,
    created_at,
    first_dispatched_at,
    due_at,
    -- the moment by which H06 counts it: the deadline, or where none is known the moment a flag decides
    case
        when coalesce(claim_role, '') <> 'definition' then due_at
        when is_claimed_on_time is not null then claimed_at
    end as answered_by_at,
    rule_unpaused_due_at,
    rule_paused_due_at,
    {{ immediate_due_at('tier', 'created_at') }} as immediate_due_at,
    closed_at,
    callback_at,
    case when claim_role = 'beside' and is_claimed_on_time is not null then claimed_at end as claimed_at,
    landed_date
from {{ ref('int_orders_checked') }}
where broken_rule_id is not null
