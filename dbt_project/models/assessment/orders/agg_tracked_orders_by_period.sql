-- One row per week, unit and caliber: orders of the tracked tier (跟踪办) open at its end, and those with a fresh note:
-- any step within the interval of the seed kpi_parameters. A running week ends with the business date.
with weeks as (
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
            and day between (
                select min(tracked.created_date) from {{ ref('fct_work_orders') }} as tracked
                where tracked.tier = 'tracked'
            )
            and {{ business_date() }}
    ) as every_week
),

-- a clock of the source that ran ahead has noted nothing yet
noted as (
    select
        order_id,
        {{ local_date('occurred_at') }} as noted_date
    from (
        select
            order_id,
            occurred_at,
            row_number() over (
                partition by event_id order by recorded_at desc, landed_date desc, landed_attempt desc
            ) as recency
        from {{ ref('stg_hotline__order_events') }}
        where
            order_id in (
                select tracked.order_id from {{ ref('fct_work_orders') }} as tracked
                where tracked.tier = 'tracked'
            )
    ) as versions
    where recency = 1 and occurred_at <= {{ as_of() }}
),

open_orders as (
    select
        weeks.period_start,
        weeks.period_end,
        weeks.last_day,
        orders.order_id,
        orders.district_code,
        orders.unit_code,
        orders.assessment_scope
    from weeks
    inner join {{ ref('fct_work_orders') }} as orders
        on
            weeks.last_day >= orders.created_date
            and (orders.closed_date is null or weeks.last_day < orders.closed_date)
    where
        orders.tier = 'tracked'
        and not orders.is_merged
        and not orders.is_withdrawn
        and not orders.is_over_at_unknown_time
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
                'day', '-cast(' ~ parameter('tracked_note_days') ~ ' as integer)', 'open_orders.last_day'
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
