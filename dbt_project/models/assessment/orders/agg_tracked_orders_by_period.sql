-- One row per week, unit and caliber: orders of the tracked tier (跟踪办) that were open at its end, and those with a
-- fresh note: any step within the interval of the seed kpi_parameters. A running week ends with the business date.
with tracked as (
    select * from {{ ref('fct_work_orders') }}
    where tier = 'tracked' and not is_over_at_unknown_time
),

weeks as (
    select
        period_start,
        period_end,
        case when period_end < {{ business_date() }} then period_end else {{ business_date() }} end as last_day
    from (
        select distinct -- seven days each
            period_start,
            period_end
        from {{ ref('bridge_days_periods') }}
        where
            period_type = 'week'
            and day between (select min(tracked.created_date) from tracked) and {{ business_date() }}
    ) as every_week
),

-- a clock of the source that ran ahead has noted nothing yet
noted as (
    select
        order_id,
        event_type,
        occurred_at,
        {{ local_date('occurred_at') }} as noted_date,
        max(case when event_type = 'reopen' then occurred_at end) over (partition by order_id) as last_reopened_at
    from (
        select
            order_id,
            event_type,
            occurred_at,
            row_number() over (
                partition by event_id order by recorded_at desc, landed_date desc, landed_attempt desc
            ) as recency
        from {{ ref('stg_hotline__order_events') }}
        where order_id in (select tracked.order_id from tracked)
    ) as versions
    where recency = 1 and occurred_at <= {{ as_of() }}
),

-- an order may be closed and opened again: what holds from one turn on, until the next. One that is open was opened
-- again after its last closing; where no step says when, that closing is none
turns as (
    select
        order_id,
        created_at as turned_at,
        1 as is_open
    from tracked
    union
    select
        order_id,
        closed_at as turned_at,
        0 as is_open
    from tracked
    where closed_at is not null
    union
    select
        noted.order_id,
        noted.occurred_at as turned_at,
        case when noted.event_type = 'reopen' then 1 else 0 end as is_open
    from noted
    inner join tracked
        on noted.order_id = tracked.order_id
    where
        noted.event_type = 'reopen'
        or (
            noted.event_type = 'close'
            and (tracked.closed_at is not null or noted.occurred_at < noted.last_reopened_at)
        )
),

spans as (
    select
        order_id,
        is_open,
        {{ local_date('turned_at') }} as turned_date,
        {{ local_date('lead(turned_at) over (partition by order_id order by turned_at, is_open desc)') }} as next_date
    from turns
),

open_orders as (
    select
        weeks.period_start,
        weeks.period_end,
        weeks.last_day,
        tracked.order_id,
        tracked.district_code,
        tracked.unit_code,
        tracked.assessment_scope
    from tracked
    inner join spans
        on tracked.order_id = spans.order_id and spans.is_open = 1
    inner join weeks
        on
            tracked.created_date <= weeks.last_day
            and spans.turned_date <= weeks.last_day
            and (spans.next_date is null or spans.next_date > weeks.last_day)
),

fresh as (
    select distinct -- many notes of one order and week
        open_orders.period_start,
        open_orders.order_id
    from open_orders
    inner join noted
        on
            open_orders.order_id = noted.order_id
            and open_orders.last_day >= noted.noted_date
            and noted.noted_date > {{ dbt.dateadd(
                'day', '-' ~ nearest_integer(parameter('tracked_note_days')), 'open_orders.last_day'
            ) }}
),

marked as (
    select
        open_orders.*,
        fresh.order_id is not null as is_fresh
    from open_orders
    left join fresh
        on open_orders.period_start = fresh.period_start and open_orders.order_id = fresh.order_id
),

calibers as (
    select
        marked.*,
        'full' as caliber
    from marked
    union all
    select
        marked.*,
        'assessed' as caliber
    from marked
    where assessment_scope <> 'excluded'
),

rolled as (
    select
        period_start,
        period_end,
        caliber,
        case
            when grouping(unit_code) = 0 then 'unit'
            when grouping(district_code) = 0 then 'district'
            when true then 'city'
        end as unit_type,
        case
            when grouping(unit_code) = 0 then unit_code
            when grouping(district_code) = 0 then district_code
            when true then '{{ var("city_code") }}'
        end as unit_code,
        count(*) as open_count,
        {{ count_where('is_fresh') }} as fresh_count
    from calibers
    group by grouping sets (
        (period_start, period_end, caliber, unit_code),
        (period_start, period_end, caliber, district_code),
        (period_start, period_end, caliber)
    )
)

select
    'week' as period_type,
    period_start,
    period_end,
    caliber,
    unit_type,
    unit_code,
    open_count,
    fresh_count
from rolled
where unit_code is not null
