-- One row per order that can be counted (工单): its state at the end of the business date and the days it counts in.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="order_id in (select order_id from {{ ref('int_orders_changed') }})") }}
-- depends_on: {{ ref('int_orders_changed') }}
with checked as (
    select * from {{ ref('int_orders_checked') }}
    where broken_rule_id is null
)

select
    order_id,
    channel,
    demand_type,
    category_code,
    tier,
    assessment_scope,
    known_community_code as community_code,
    resolved_street_code as street_code,
    resolved_district_code as district_code,
    coalesce(closing_unit_code, unit_code) as unit_code,
    caller_key,
    parent_order_id,
    parent_order_id is not null as is_merged,
    coalesce(closure_code, '') = 'withdrawn' as is_withdrawn,
    -- a caller can be asked only where the order came from a caller
    closed_at is not null
    and parent_order_id is null
    and coalesce(closure_code, '') <> 'withdrawn'
    and coalesce(channel, '') <> 'transfer' as is_callback_eligible,
    status,
    -- it is over and nobody knows since when: neither closed in time nor open
    closed_at is null and status in ('closed', 'final') as is_over_at_unknown_time,
    closure_code,
    created_at,
    due_at,
    replied_at,
    closed_at,
    rule_unpaused_due_at,
    rule_paused_due_at,
    is_unpaused_calendar_assumed,
    is_paused_calendar_assumed,
    return_count,
    hop_count,
    tier_relaxation_count > 0 as is_tier_relaxed,
    {{ immediate_due_at('tier', 'created_at') }} as immediate_due_at,
    {{ local_date('created_at') }} as created_date,
    {{ local_date('first_dispatched_at') }} as dispatched_date,
    {{ local_date('rule_unpaused_due_at') }} as rule_unpaused_due_date,
    {{ local_date('rule_paused_due_at') }} as rule_paused_due_date,
    {{ local_date('due_at') }} as due_date,
    {{ local_date(immediate_due_at('tier', 'created_at')) }} as immediate_due_date,
    {{ local_date('closed_at') }} as closed_date,
    {{ local_date('callback_at') }} as callback_date,
    is_contacted,
    is_resolved,
    satisfaction,
    claim_role,
    is_claimed_on_time,
    {{ local_date('claimed_at') }} as claim_date
from checked
