-- One row per month, channel and caliber: on-time closing by the channel through which residents called. Not of a month
-- whose rate of the city is withheld; of a night without the hotline the rows of the release before.
with counted as (
    select
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month_start,
        unit_code as channel,
        caliber,
        sum(created_count) as created_count,
        sum(due_count) as due_count,
        sum(on_time_count) as on_time_count,
        sum(late_count) as late_count,
        sum(overdue_open_count) as overdue_open_count
    from {{ ref('fct_orders_by_day') }}
    where unit_type = 'channel'
    group by
        cast({{ dbt.date_trunc('month', 'day') }} as date),
        unit_code,
        caliber
),

withheld as (
    select
        period_start as month_start,
        caliber
    from {{ ref('kpi_results') }}
    where
        kpi_id = 'H06'
        and variant = 'main'
        and unit_type = 'city'
        and period_type = 'month'
        and verdict = 'WITHHELD'
)

select
    month_start,
    channel,
    caliber,
    created_count,
    due_count,
    on_time_count,
    late_count,
    overdue_open_count,
    case when due_count > 0 then {{ rounded('cast(on_time_count as double) / due_count', 8) }} end as on_time_rate,
    {{ wilson_low('on_time_count', 'due_count') }} as ci_low,
    {{ wilson_high('on_time_count', 'due_count') }} as ci_high
from counted
where not {{ is_blocked('H06') }} and (month_start, caliber) not in (select * from withheld)
union all
select
    month_start,
    channel,
    caliber,
    created_count,
    due_count,
    on_time_count,
    late_count,
    overdue_open_count,
    on_time_rate,
    ci_low,
    ci_high
from {{ source('raw', 'previous_on_time_by_channel') }}
where {{ is_blocked('H06') }}
