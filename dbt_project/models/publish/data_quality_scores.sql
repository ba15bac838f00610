-- One row per source and dimension of GB/T 36344 (数据质量评价指标): how many rows its rules looked at, how many of them
-- failed, the share that did not, and the level of that share. Null where no rule of the dimension saw a row.
with sources as (
    select distinct source from {{ ref('kpi_contract') }} -- several KPIs rest on one
),

dimensions as (
    select distinct dimension from {{ ref('quality_dimensions') }} -- several prefixes lead to one
),

rules as (
    select
        source,
        dimension,
        rule_id,
        rows_seen,
        least(rows_failed, rows_seen) as rows_failed
    from {{ ref('published_rules') }}
    where rows_seen > 0 and dimension not in ('timeliness', 'accessibility')
),

delivered as (
    select
        source,
        min(business_date) as first_date,
        count(distinct case when business_date > {{ dbt.dateadd('day', -30, business_date()) }} then business_date end)
            as night_count
    from {{ source('raw', 'loads') }}
    where business_date <= {{ business_date() }}
    group by source
),

-- the nights of the last thirty, since the source first delivered
nights as (
    select
        source,
        least({{ dbt.datediff('first_date', business_date(), 'day') }} + 1, 30) as night_count,
        night_count as delivered_count
    from delivered
),

-- a cell that a reader should have and cannot read as of this night; one hidden for its small n is not a defect
cells as (
    select
        contract.source,
        count(*) as cell_count,
        {{ count_where("results.verdict = 'WITHHELD' or results.is_stale") }} as unreadable_count
    from {{ ref('kpi_results') }} as results
    inner join {{ ref('kpi_contract') }} as contract
        on results.kpi_id = contract.kpi_id and results.variant = contract.variant
    where results.verdict <> 'NOT_RATED'
    group by contract.source
),

measures as (
    select
        source,
        dimension,
        rule_id,
        rows_seen,
        rows_failed
    from rules
    union all
    select
        source,
        'timeliness' as dimension,
        'L0' as rule_id,
        night_count as rows_seen,
        night_count - delivered_count as rows_failed
    from nights
    union all
    select
        source,
        'accessibility' as dimension,
        'L4-KPI' as rule_id,
        cell_count as rows_seen,
        unreadable_count as rows_failed
    from cells
),

placed as (
    select
        *,
        row_number() over (
            partition by source, dimension order by cast(rows_failed as double) / nullif(rows_seen, 0) desc, rule_id
        ) as badness
    from measures
),

summed as (
    select
        source,
        dimension,
        count(*) as rule_count,
        sum(rows_seen) as rows_seen,
        sum(rows_failed) as rows_failed,
        {{ rounded('1 - cast(sum(rows_failed) as double) / nullif(sum(rows_seen), 0)', 8) }} as score,
        max(case when badness = 1 and rows_failed > 0 then rule_id end) as worst_rule_id,
        max(case
            when badness = 1 and rows_failed > 0 then {{ rounded('cast(rows_failed as double) / rows_seen', 8) }}
        end) as worst_share
    from placed
    group by source, dimension
),

reached as (
    select
        summed.source,
        summed.dimension,
        max(levels.level) as level
    from summed
    inner join {{ ref('quality_levels') }} as levels
        on summed.score >= levels.at_least
    group by summed.source, summed.dimension
)

select
    sources.source,
    dimensions.dimension,
    case dimensions.dimension
        when 'normativity' then '规范性'
        when 'completeness' then '完整性'
        when 'accuracy' then '准确性'
        when 'consistency' then '一致性'
        when 'timeliness' then '时效性'
        when 'accessibility' then '可访问性'
    end as dimension_zh,
    cast(coalesce(summed.rule_count, 0) as bigint) as rule_count,
    cast(coalesce(summed.rows_seen, 0) as bigint) as rows_seen,
    cast(coalesce(summed.rows_failed, 0) as bigint) as rows_failed,
    summed.score,
    reached.level,
    levels.name_zh as level_zh,
    summed.worst_rule_id,
    summed.worst_share
from sources
cross join dimensions
left join summed
    on sources.source = summed.source and dimensions.dimension = summed.dimension
left join reached
    on sources.source = reached.source and dimensions.dimension = reached.dimension
left join {{ ref('quality_levels') }} as levels
    on reached.level = levels.level
