-- One row per month, channel and caliber: on-time closing by the channel through which residents called.
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
    from {{ ref('agg_orders_by_unit_day') }}
    where unit_type = 'channel'
    group by
        cast({{ dbt.date_trunc('month', 'day') }} as date),
        unit_code,
        caliber
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
    case when due_count > 0 then round(cast(on_time_count as double) / due_count, 8) end as on_time_rate,
    {{ wilson_low('on_time_count', 'due_count') }} as ci_low,
    {{ wilson_high('on_time_count', 'due_count') }} as ci_high
from counted
