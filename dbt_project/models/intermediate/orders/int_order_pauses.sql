-- One row per order to judge again and stretch of time in which its clock stands still: suspensions and granted
-- deferrals, local times, without overlaps. An order still suspended has no end.
with steps as (
    select
        order_id,
        event_id,
        event_type,
        {{ local_time('occurred_at') }} as occurred_time,
        {{ timestamp_or_null('from_value') }} as old_deadline_time,
        {{ timestamp_or_null('to_value') }} as new_deadline_time
    from {{ ref('int_order_steps_latest') }}
    where
        event_type in ('suspend', 'resume', 'defer_grant', 'close')
        and occurred_at <= {{ as_of() }}
        and order_id in (select order_id from {{ ref('int_orders_changed') }})
),

suspensions as (
    select
        order_id,
        event_type,
        occurred_time as paused_from,
        min(case when event_type in ('resume', 'close') then occurred_time end) over (
            partition by order_id
            order by occurred_time, event_id
            rows between 1 following and unbounded following
        ) as paused_to
    from steps
    where event_type in ('suspend', 'resume', 'close')
),

pauses as (
    select
        order_id,
        paused_from,
        coalesce(paused_to, timestamp '9999-12-31 00:00:00') as paused_to
    from suspensions
    where event_type = 'suspend'
    union all
    -- from_value and to_value are the deadlines before and after
    select
        order_id,
        old_deadline_time as paused_from,
        new_deadline_time as paused_to
    from steps
    where event_type = 'defer_grant' and old_deadline_time < new_deadline_time
),

ordered as (
    select
        order_id,
        paused_from,
        paused_to,
        max(paused_to) over (
            partition by order_id
            order by paused_from, paused_to
            rows between unbounded preceding and 1 preceding
        ) as covered_to
    from pauses
),

clipped as (
    select
        order_id,
        greatest(paused_from, coalesce(covered_to, paused_from)) as paused_from,
        paused_to
    from ordered
)

select distinct -- the same pause recorded twice
    order_id,
    paused_from,
    case when paused_to < timestamp '9999-12-31 00:00:00' then paused_to end as paused_to
from clipped
where paused_from < paused_to
