-- One row per order to judge again that a deadline rule covers: its deadline by the working calendar, UTC, by a clock
-- that never stops and by one that stands still in pauses (null while an order is suspended before its deadline).
with orders as (
    select
        order_id,
        category_code,
        tier,
        {{ local_time('created_at') }} as created_time,
        {{ local_date('created_at') }} as created_date
    from {{ ref('int_orders_latest') }}
    where order_id in (select order_id from {{ ref('int_orders_changed') }})
),

-- a rule for the category before one for all, the younger before the older
candidates as (
    select
        orders.order_id,
        orders.created_time,
        orders.created_date,
        rules.clock,
        case when rules.clock = 'working_days' then rules.amount else rules.amount * 60 end as allowed,
        row_number() over (
            partition by orders.order_id
            order by case when rules.category_code is null then 1 else 0 end asc, rules.valid_from desc, rules.rule asc
        ) as precedence
    from orders
    inner join {{ ref('deadline_rules') }} as rules
        on
            orders.tier = rules.tier
            and (rules.category_code is null or orders.category_code = rules.category_code)
            and orders.created_date >= rules.valid_from
            and (rules.valid_to is null or orders.created_date < rules.valid_to)
),

started as (
    select
        candidates.order_id,
        candidates.clock,
        candidates.allowed
        + {{ clock_position('candidates.clock', 'candidates.created_time', 'days') }} as unpaused_position
    from candidates
    inner join {{ ref('dim_days') }} as days
        on candidates.created_date = days.day
    where candidates.precedence = 1
),

paused as (
    select
        started.order_id,
        started.unpaused_position,
        pauses.paused_from,
        {{ clock_position('started.clock', 'pauses.paused_from', 'days_from') }} as from_position,
        -- a deadline in days is the end of its day: who pauses on that day is in time
        case when started.clock = 'working_days' and days_from.is_workday then 1 else 0 end as position_left,
        case
            when pauses.paused_to is not null
                then {{ clock_position('started.clock', 'pauses.paused_to', 'days_to') }}
        end as to_position
    from started
    inner join {{ ref('int_order_pauses') }} as pauses
        on started.order_id = pauses.order_id
    inner join {{ ref('dim_days') }} as days_from
        on cast(pauses.paused_from as date) = days_from.day
    left join {{ ref('dim_days') }} as days_to
        on cast(pauses.paused_to as date) = days_to.day
),

accumulated as (
    select
        *,
        coalesce(sum(to_position - from_position) over (
            partition by order_id
            order by paused_from
            rows between unbounded preceding and 1 preceding
        ), 0) as paused_before
    from paused
),

-- a pause helps only if it begins before the deadline as earlier pauses have moved it
helping as (
    select
        *,
        min(case when from_position - position_left < unpaused_position + paused_before then 1 else 0 end) over (
            partition by order_id
            order by paused_from
            rows between unbounded preceding and current row
        ) as is_helping
    from accumulated
),

extended as (
    select
        order_id,
        sum(case when is_helping = 1 then to_position - from_position else 0 end) as paused_length,
        max(case when is_helping = 1 and to_position is null then 1 else 0 end) as is_standing
    from helping
    group by order_id
),

positions as (
    select
        started.order_id,
        started.clock,
        started.unpaused_position,
        case
            when coalesce(extended.is_standing, 0) = 0
                then started.unpaused_position + coalesce(extended.paused_length, 0)
        end as paused_position
    from started
    left join extended
        on started.order_id = extended.order_id
),

workdays as (
    select
        day,
        workday_number,
        is_calendar_known
    from {{ ref('dim_days') }}
    where is_workday
)

select
    positions.order_id,
    {{ utc_time(time_of_position(
        'positions.clock', 'positions.unpaused_position', 'unpaused.day'
    )) }} as rule_unpaused_due_at,
    {{ utc_time(time_of_position(
        'positions.clock', 'positions.paused_position', 'paused_days.day'
    )) }} as rule_paused_due_at,
    not unpaused.is_calendar_known as is_unpaused_calendar_assumed,
    not paused_days.is_calendar_known as is_paused_calendar_assumed
from positions
left join workdays as unpaused
    on {{ workday_of_position('positions.clock', 'positions.unpaused_position') }} = unpaused.workday_number
left join workdays as paused_days
    on {{ workday_of_position('positions.clock', 'positions.paused_position') }} = paused_days.workday_number
