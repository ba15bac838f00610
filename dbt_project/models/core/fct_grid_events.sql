-- One row per grid event that can be counted (网格事件): its state at the end of the business date.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="event_id in (select event_id from {{ ref('int_grid_events_changed') }})") }}
-- depends_on: {{ ref('int_grid_events_changed') }}
select
    event_id,
    known_grid_code as grid_code,
    community_code,
    street_code,
    district_code,
    unit_code,
    category_code,
    tier,
    status,
    status = 'void' as is_void,
    is_self_handled,
    reported_at,
    due_at,
    deferred_until,
    coalesce(deferred_until, due_at) as deferred_due_at,
    closed_at,
    photo_hash,
    verification_count,
    failed_verification_count,
    verification_count > 0 as is_verified,
    {{ local_date('reported_at') }} as reported_date,
    {{ immediate_due_at('tier', 'reported_at') }} as immediate_due_at,
    {{ local_date(immediate_due_at('tier', 'reported_at')) }} as immediate_due_date,
    {{ local_date('due_at') }} as due_date,
    {{ local_date('closed_at') }} as closed_date,
    {{ local_date('coalesce(deferred_until, due_at)') }} as deferred_date
from {{ ref('int_grid_events_checked') }}
where broken_rule_id is null
