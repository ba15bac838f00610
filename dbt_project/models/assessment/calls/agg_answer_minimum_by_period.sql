-- One row per period and caliber: the worst 24 hours that end in it at a full hour (滚动24小时最低接通率). Not additive:
-- the minimum of a month is one of its windows, never a mean. Windows that begin before the first call are left out.
with hours as (
    {{ dbt.generate_series(24) }}
),

first_day as (
    select min(day) as day from {{ ref('fct_calls_by_hour') }}
),

spine as (
    select
        days.day,
        cast(hours.generated_number - 1 as integer) as hour_of_day
    from {{ ref('dim_days') }} as days
    cross join hours
    inner join first_day
        on days.day between first_day.day and {{ business_date() }}
),

windows as (
    select
        spine.day,
        spine.hour_of_day,
        row_number() over (order by spine.day, spine.hour_of_day) as hour_number,
        sum(coalesce(counted.offered_count, 0)) over (
            order by spine.day, spine.hour_of_day rows between 23 preceding and current row
        ) as offered_count,
        sum(coalesce(counted.answered_count, 0)) over (
            order by spine.day, spine.hour_of_day rows between 23 preceding and current row
        ) as answered_count
    from spine
    left join {{ ref('fct_calls_by_hour') }} as counted
        on spine.day = counted.day and spine.hour_of_day = counted.hour_of_day
),

ranked as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        windows.offered_count,
        windows.answered_count,
        row_number() over (
            partition by periods.period_type, periods.period_start
            order by
                cast(windows.answered_count as double) / nullif(windows.offered_count, 0) asc,
                windows.offered_count desc,
                windows.hour_number asc
        ) as badness
    from windows
    inner join {{ ref('bridge_days_periods') }} as periods
        on windows.day = periods.day
    where windows.hour_number >= 24 and windows.offered_count > 0
)

{% for caliber in ['full', 'assessed'] %}
select
    period_type,
    period_start,
    period_end,
    '{{ caliber }}' as caliber,
    'city' as unit_type,
    '{{ var("city_code") }}' as unit_code,
    offered_count,
    answered_count
from ranked
where badness = 1
{{ 'union all' if not loop.last }}
{% endfor %}
