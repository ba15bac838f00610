-- One row per KPI, unit and period in which too few callers were asked for H07 to H10 to speak for them: a finding.
with coverage as (
    select
        unit_type,
        unit_code,
        period_start,
        period_end,
        called_back_count,
        eligible_count
    from {{ ref('agg_orders_by_period') }}
    where caliber = 'full' and period_type = 'month' and unit_type in ('city', 'district', 'street', 'unit')
),

thresholds as (
    select
        max(case when name = 'callback_coverage_floor' then value end) as coverage_floor,
        max(case when name = 'callback_coverage_min_orders' then value end) as min_orders
    from {{ ref('gate_thresholds') }}
),

concerned as (
    select kpi_id from {{ ref('kpi_contract') }}
    where requires = 'callbacks' and kpi_id <> 'H11'
)

select
    'L3-COV-001' as rule_id,
    'warn' as severity,
    'hotline.callbacks' as table_name,
    '' as column_name,
    concerned.kpi_id,
    coverage.unit_type,
    coverage.unit_code,
    coverage.period_start as period_from,
    coverage.period_end as period_to,
    cast(coverage.eligible_count as bigint) as rows_seen,
    cast(coverage.eligible_count - coverage.called_back_count as bigint) as rows_failed,
    '' as sample_keys,
    concat('有效回访不足办结的 ', cast(100 * thresholds.coverage_floor as integer), ' %，不足以代表全体') as message
from coverage
cross join concerned
cross join thresholds
where
    coverage.eligible_count >= thresholds.min_orders
    and coverage.called_back_count < thresholds.coverage_floor * coverage.eligible_count
    and not exists (
        select 1 from {{ source('raw', 'absent_inputs') }} as absent
        where absent.input = 'callbacks'
    )
