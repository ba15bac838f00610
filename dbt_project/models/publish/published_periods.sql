-- One row per period that began by the business date, the days among them: what a calendar says of it. What statements
-- and BI tools join periods to (views dim_date and dim_period).
select
    periods.period_type,
    periods.period_start,
    max(periods.period_end) as period_end,
    cast(count(*) as integer) as day_count,
    {{ count_where('days.is_workday') }} as working_day_count,
    min(case when days.is_calendar_known then 1 else 0 end) = 1 as is_calendar_known,
    max(case when periods.period_type = 'day' then exceptions.holiday end) as holiday
from {{ ref('bridge_days_periods') }} as periods
inner join {{ ref('dim_days') }} as days
    on periods.day = days.day
left join {{ ref('calendar_exceptions') }} as exceptions
    on periods.day = exceptions.day
where periods.period_start <= {{ business_date() }}
group by periods.period_type, periods.period_start
