-- One row per day and assessment period it belongs to.
with days as (
    select day from {{ ref('dim_days') }}
),

months as (
    select
        day,
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month_start,
        extract(day from day) as day_of_month
    from days
),

assessment_months as (
    select
        day,
        month_start,
        -- 考核月: from the 19th of a month to the 18th of the next, unless the parameter says otherwise
        cast({{ dbt.dateadd(
            'day',
            var('assessment_month_start_day') | int - 1,
            "case when day_of_month >= " ~ var('assessment_month_start_day') ~ " then month_start else "
            ~ dbt.dateadd('month', -1, 'month_start') ~ " end"
        ) }} as date) as assessment_month_start
    from months
)

select
    day,
    'day' as period_type,
    day as period_start,
    day as period_end
from assessment_months
union all
select
    day,
    'month' as period_type,
    month_start as period_start,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'month_start')) }} as date) as period_end
from assessment_months
union all
select
    day,
    'assessment_month' as period_type,
    assessment_month_start as period_start,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'assessment_month_start')) }} as date) as period_end
from assessment_months
