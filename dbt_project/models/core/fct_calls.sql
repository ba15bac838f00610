-- One row per call that can be counted (通话).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="call_id in (select call_id from {{ ref('int_calls_changed') }})") }}
-- depends_on: {{ ref('int_calls_changed') }}
select
    call_id,
    direction,
    caller_key,
    offered_at,
    answered_at,
    ended_at,
    started_at,
    {{ local_date('started_at') }} as call_date
from {{ ref('int_calls_checked') }}
where broken_rule_id is null
