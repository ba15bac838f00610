-- One row per KPI, variant, level and month: how many units stand at the top. Where more than 80 % of them are at 99 %
-- or more the KPI no longer tells units apart (已无区分度), and a table of it ranks noise.
with rates as (
    select
        results.kpi_id,
        results.variant,
        results.unit_type,
        results.period_start as month_start,
        results.caliber,
        results.value
    from {{ ref('kpi_results') }} as results
    inner join {{ ref('kpi_contract') }} as contract
        on results.kpi_id = contract.kpi_id and results.variant = contract.variant
    where
        results.period_type = 'month'
        and results.is_covered
        and results.unit_type <> 'city'
        and contract.unit = 'share'
        and contract.direction = 'up'
        and results.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE')
)

select
    kpi_id,
    variant,
    unit_type,
    month_start,
    caliber,
    count(*) as unit_count,
    {{ count_where('value >= 0.99') }} as top_count,
    {{ rounded('cast(' ~ count_where('value >= 0.99') ~ ' as double) / count(*)', 8) }} as top_share,
    {{ count_where('value >= 0.99') }} > 0.8 * count(*) as is_without_discrimination,
    case when {{ count_where('value >= 0.99') }} > 0.8 * count(*) then '已无区分度：八成以上单位达到99%' else '' end as note_zh
from rates
group by
    kpi_id,
    variant,
    unit_type,
    month_start,
    caliber
