-- One row per KPI, variant and period whose comparison with its own past is made anew: judged anew itself, or compared
-- with days of a period that was; and all of a KPI whose first day was, for a volume is compared from that day on.
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
),

first_days as (
    select
        kpi_id,
        variant,
        min(period_start) as first_day
    from {{ ref('kpi_verdicts') }}
    where
        period_type = 'day'
        and unit_type = 'city'
        and value is not null
        and verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY')
    group by kpi_id, variant
),

begun_anew as (
    select distinct -- several days
        due.kpi_id,
        due.variant
    from {{ ref('kpi_periods_to_judge') }} as due
    inner join first_days
        on due.kpi_id = first_days.kpi_id and due.variant = first_days.variant
    where due.period_type = 'day' and due.period_start <= first_days.first_day
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
union
select
    begun_anew.kpi_id,
    begun_anew.variant,
    compared.period_type,
    compared.period_start
from begun_anew
cross join {{ ref('bridge_periods_compared') }} as compared
