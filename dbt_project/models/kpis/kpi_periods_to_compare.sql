-- One row per KPI, variant and period whose comparison with its own past is made anew: judged anew itself, or compared
-- with days of a period that was.
with judged as (
    select
        due.kpi_id,
        due.variant,
        due.period_type,
        due.period_start,
        max(periods.period_end) as period_end
    from {{ ref('kpi_periods_to_judge') }} as due
    inner join {{ ref('bridge_days_periods') }} as periods
        on due.period_type = periods.period_type and due.period_start = periods.day
    where due.period_type <> 'day'
    group by due.kpi_id, due.variant, due.period_type, due.period_start
)

select
    kpi_id,
    variant,
    period_type,
    period_start
from judged
union
select
    judged.kpi_id,
    judged.variant,
    compared.period_type,
    compared.period_start
from judged
inner join {{ ref('bridge_periods_compared') }} as compared
    on
        judged.period_type = compared.period_type
        and judged.period_start <= compared.compare_to
        and judged.period_end >= compared.compare_from
