-- One row per cell of a month that is over whose rate left the one before by more than chance and gate_thresholds
-- allow (与历史相比突变): a finding on that cell. The interval of the difference joins those of both rates (MOVER: Zou and
-- Donner (2008), Statistics in Medicine 27, 1693-1702).
with months as (
    select
        rates.*,
        {{ dbt.dateadd('month', 1, 'rates.period_start') }} as next_month
    from {{ ref('kpi_rates') }} as rates
    inner join {{ ref('kpi_contract') }} as contract
        on rates.kpi_id = contract.kpi_id and rates.variant = contract.variant
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    where
        coalesce(coverage.covered_from <= rates.period_start, true)
        and rates.period_type = 'month'
        and rates.unit_type in ('city', 'district', 'street', 'unit')
        and rates.caliber = 'full'
        and rates.variant = 'main'
        and contract.interval_method = 'wilson'
        and contract.direction in ('up', 'down')
        and rates.period_end <= {{ business_date() }}
        and rates.sample_size >= {{ threshold('jump_min_cases') }}
),

jumps as (
    select
        months.*,
        before.value as value_before,
        case
            when months.value >= before.value
                then months.value - before.value - sqrt(
                    (months.value - months.ci_low) * (months.value - months.ci_low)
                    + (before.ci_high - before.value) * (before.ci_high - before.value)
                )
            else before.value - months.value - sqrt(
                (months.ci_high - months.value) * (months.ci_high - months.value)
                + (before.value - before.ci_low) * (before.value - before.ci_low)
            )
        end as least_change
    from months
    inner join months as before
        on
            months.kpi_id = before.kpi_id
            and months.unit_type = before.unit_type
            and months.unit_code = before.unit_code
            and months.period_start = before.next_month
)

select
    'L3-JMP-001' as rule_id,
    'warn' as severity,
    'kpi_values' as table_name,
    '' as column_name,
    kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(sample_size as bigint) as rows_seen,
    cast(null as bigint) as rows_failed,
    '' as sample_keys,
    concat(
        case when value > value_before then '高' else '低' end, '于上月 ',
        cast(100 * {{ threshold('jump_warn_change') }} as integer), ' 个百分点以上，非偶然'
    ) as message,
    concat(
        'more than ', cast(100 * {{ threshold('jump_warn_change') }} as integer), ' points ',
        case when value > value_before then 'above' else 'below' end, ' the month before, and not by chance'
    ) as detail
from jumps
where least_change > {{ threshold('jump_warn_change') }}
