-- One row per cell of a month that is over without a single bad case among so many that chance hardly gives it at the
-- rate of the unit's peers (高得可疑): a finding on that cell. Of n cases all are good with probability rate ^ n.
with months as (
    select
        rates.kpi_id,
        rates.unit_type,
        rates.unit_code,
        rates.period_start,
        rates.period_end,
        contract.direction,
        cast(rates.denominator as double) as case_count,
        cast(case contract.direction
            when 'up' then rates.numerator
            else rates.denominator - rates.numerator
        end as double) as good_count
    from {{ ref('kpi_rates') }} as rates
    inner join {{ ref('kpi_contract') }} as contract
        on rates.kpi_id = contract.kpi_id and rates.variant = contract.variant
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    where
        coalesce(coverage.covered_from <= rates.period_start, true)
        and rates.period_type = 'month'
        and rates.unit_type in ('district', 'street', 'unit')
        and rates.caliber = 'full'
        and rates.variant = 'main'
        and contract.interval_method = 'wilson'
        and contract.direction in ('up', 'down')
        and rates.period_end <= {{ business_date() }}
        and rates.denominator > 0
),

beside as (
    select
        *,
        sum(good_count) over (partition by kpi_id, unit_type, period_start) - good_count as good_of_others,
        sum(case_count) over (partition by kpi_id, unit_type, period_start) - case_count as cases_of_others
    from months
)

select
    'L3-CEI-001' as rule_id,
    'warn' as severity,
    'kpi_values' as table_name,
    '' as column_name,
    kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(case_count as bigint) as rows_seen,
    cast(0 as bigint) as rows_failed,
    '' as sample_keys,
    concat(cast(case_count as bigint), ' 件无一不良，按同类其他单位的水平近乎不可能') as message,
    concat(cast(case_count as bigint), ' cases and not one bad: next to impossible at the rate of the peers') as detail
from beside
where
    case_count >= {{ threshold('share_min_cases') }}
    and good_count = case_count
    and cases_of_others > 0
    and good_of_others < cases_of_others
    -- in logarithms: the power of many cases is smaller than a number can be
    and case_count * ln(greatest(good_of_others, 1) / cases_of_others) < ln({{ threshold('ceiling_probability') }})
