-- One row per call to judge again, with the first record rule it breaks.
{{ config(materialized='view') }}
with calls as (
    select
        *,
        -- a call that never reached the agent queue counts by the first time that is known of it
        coalesce(offered_at, answered_at, ended_at) as started_at
    from {{ ref('int_calls_latest') }}
    where call_id in (select call_id from {{ ref('int_calls_changed') }})
)

select
    *,
    {{ first_broken_rule([
        ('L2-HOT-021', 'started_at is null'),
        ('L2-HOT-022', is_implausible('started_at')),
        ('L2-HOT-023', 'started_at > ' ~ as_of()),
        ('L2-HOT-024', 'answered_at < offered_at or ended_at < offered_at or ended_at < answered_at'),
        ('L2-HOT-025', "direction is null or direction not in ('inbound', 'outbound')"),
    ]) }} as broken_rule_id
from calls
