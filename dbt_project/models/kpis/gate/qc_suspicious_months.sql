-- One row per cell of a month that is over and looks too different or too good to be chance: a finding on that cell.
-- L3-JMP-001 (与历史相比突变): its rate left that of the month before by more than chance and gate_thresholds allow. The
-- interval of the difference joins those of both rates (MOVER: Zou and Donner (2008), Statistics in Medicine 27,
-- 1693-1702). L3-CEI-001 (高得可疑): not a single bad case among so many that chance hardly gives it at the rate of the
-- unit's peers; of n cases all are good with probability rate ^ n.
with months as (
    select
        rates.*,
        {{ dbt.dateadd('month', 1, 'rates.period_start') }} as next_month,
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
        and rates.unit_type in ('city', 'district', 'street', 'unit')
        and rates.caliber = 'full'
        and rates.variant = 'main'
        and contract.interval_method = 'wilson'
        and contract.direction in ('up', 'down')
        and rates.period_end <= {{ business_date() }}
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
    where
        months.sample_size >= {{ threshold('jump_min_cases') }}
        and before.sample_size >= {{ threshold('jump_min_cases') }}
),

{# in an order: the last digit of a sum of doubles depends on it #}
{% set peers -%}
    partition by kpi_id, unit_type, period_start order by unit_code
    rows between unbounded preceding and unbounded following
{%- endset %}
beside as (
    select
        *,
        sum(good_count) over ({{ peers }}) - good_count as good_of_others,
        sum(case_count) over ({{ peers }}) - case_count as cases_of_others
    from months
    where unit_type <> 'city' and denominator > 0
),

suspicious as (
    select
        'L3-JMP-001' as rule_id,
        kpi_id,
        unit_type,
        unit_code,
        period_start,
        period_end,
        cast(round(sample_size) as bigint) as rows_seen,
        cast(null as bigint) as rows_failed,
        concat_ws(
            '',
            case when value > value_before then '高' else '低' end, '于上月 ',
            {{ nearest_integer('100 * ' ~ threshold('jump_warn_change')) }}, ' 个百分点以上，非偶然'
        ) as message,
        concat_ws(
            '',
            'more than ', {{ nearest_integer('100 * ' ~ threshold('jump_warn_change')) }}, ' points ',
            case when value > value_before then 'above' else 'below' end, ' the month before, and not by chance'
        ) as detail
    from jumps
    where least_change > {{ threshold('jump_warn_change') }}
    union all
    select
        'L3-CEI-001' as rule_id,
        kpi_id,
        unit_type,
        unit_code,
        period_start,
        period_end,
        {{ nearest_integer('case_count', 'bigint') }} as rows_seen,
        cast(0 as bigint) as rows_failed,
        concat_ws('', {{ nearest_integer('case_count', 'bigint') }}, ' 件无一不良，按同类其他单位的水平近乎不可能') as message,
        concat_ws(
            '',
            {{ nearest_integer('case_count', 'bigint') }},
            ' cases and not one bad: next to impossible at the rate of the peers'
        ) as detail
    from beside
    where
        case_count >= {{ threshold('share_min_cases') }}
        and good_count = case_count
        and cases_of_others > 0
        and good_of_others < cases_of_others
        -- in logarithms: the power of many cases is smaller than a number can be
        and case_count * ln(greatest(good_of_others, 1) / nullif(cases_of_others, 0))
        < ln({{ threshold('ceiling_probability') }})
)

select
    rule_id,
    'warn' as severity,
    'kpi_values' as table_name,
    '' as column_name,
    kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    rows_seen,
    rows_failed,
    '' as sample_keys,
    message,
    detail
from suspicious
