-- One row per grid event that broke a record rule: not counted, not lost.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="event_id in (select event_id from {{ ref('int_grid_events_changed') }})") }}
-- depends_on: {{ ref('int_grid_events_changed') }}
select
    event_id,
    broken_rule_id as rule_id,
    district_code,
    street_code,
    community_code,
    known_grid_code as grid_code,
    unit_code,
    coalesce(status, '') <> 'void' as is_answered_for,
    verification_count > 0 as is_verified,
    tier,
    {{ local_date('reported_at') }} as record_date,
    reported_at,
    due_at,
    coalesce(deferred_until, due_at) as deferred_due_at,
    {{ immediate_due_at('tier', 'reported_at') }} as immediate_due_at,
    closed_at,
    landed_date
from {{ ref('int_grid_events_checked') }}
where broken_rule_id is not null
