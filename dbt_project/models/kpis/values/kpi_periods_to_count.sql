-- One row per count model and period that holds a rebuilt day.
select distinct -- many days of one period
    days.count_model,
    periods.period_type,
    periods.period_start
from {{ ref('bridge_days_periods') }} as periods
inner join {{ ref('int_days_to_count') }} as days
    on periods.day = days.day
