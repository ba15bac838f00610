-- One row per KPI, variant and period whose cells get their verdicts anew: counted again since the last verdicts,
-- touched by a finding that is new or gone, settled in the meantime, or running. gate.py judges everything where that
-- is not enough.
with contract as (
    select * from {{ ref('kpi_contract') }}
),

periods as (
    select distinct -- many days of one period
        period_type,
        period_start,
        period_end
    from {{ ref('bridge_days_periods') }}
    where day <= {{ business_date() }}
),

judged as (
    select max(business_date) as last_date from {{ source('raw', 'judged') }}
),

findings as (
    select
        'now' as side,
        found.*
    from {{ ref('kpi_findings') }} as found
    union all
    select
        'before' as side,
        found.*
    from {{ source('raw', 'judged_findings') }} as found
),

changed_findings as (
    select
        rule_id,
        table_name,
        column_name,
        anchors,
        kpi_id,
        period_type,
        period_from,
        period_to
    from findings
    where is_in_marts and severity in ('block', 'warn')
    group by
        rule_id, severity, table_name, column_name, anchors, kpi_id, unit_type, unit_code, period_type, period_from,
        period_to, message
    having count(distinct side) <> 2
),

members as (
    select
        kpi_id,
        variant,
        judged_together
    from {{ ref('kpi_components') }}
    union
    select
        component_kpi_id as kpi_id,
        component_variant as variant,
        judged_together
    from {{ ref('kpi_components') }}
),

due as (
    select
        contract.kpi_id,
        contract.variant,
        pending.period_type,
        pending.period_start
    from {{ source('raw', 'periods_pending') }} as pending
    inner join contract
        on pending.count_model = contract.count_model
    union
    select
        contract.kpi_id,
        contract.variant,
        periods.period_type,
        periods.period_start
    from changed_findings
    cross join contract
    inner join periods
        on
            (changed_findings.period_type = '' or changed_findings.period_type = periods.period_type)
            and coalesce(changed_findings.period_from, periods.period_end) <= periods.period_end
            and coalesce(changed_findings.period_to, periods.period_start) >= periods.period_start
    where {{ may_contaminate('changed_findings', 'contract') }}
    union
    select
        contract.kpi_id,
        contract.variant,
        periods.period_type,
        periods.period_start
    from contract
    cross join judged
    inner join periods
        on
            -- running on a day that passed since the last verdicts, or no longer provisional since then
            judged.last_date <= periods.period_end
            or {{ dbt.dateadd('day', 'contract.settle_days', 'periods.period_end') }}
            between judged.last_date and {{ business_date() }}
)

select
    kpi_id,
    variant,
    period_type,
    period_start
from due
union
-- a composed figure is judged beside its components: one that is hidden hides it
select
    beside.kpi_id,
    beside.variant,
    due.period_type,
    due.period_start
from due
inner join members
    on due.kpi_id = members.kpi_id and due.variant = members.variant
inner join members as beside
    on members.judged_together = beside.judged_together
