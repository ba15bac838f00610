-- One row per rule of any check (规则目录): whom it concerns, who acts, its dimension, and what it saw this night. A rule
-- that found nothing stands here too. rows_seen is null where a rule does not look at rows one by one.
with placed as (
    select
        *,
        case
            when rule_id like 'L_-HOT-%' or rule_id like 'L_-ORD-%' or table_name like 'hotline.%' then 'hotline'
            when rule_id like 'L_-GRD-%' or table_name like 'grid.%' then 'grid'
            when rule_id like 'L_-STA-%' or table_name like 'stations.%' then 'stations'
            when rule_id like 'L_-RET-%' or table_name like 'returns.%' then 'returns'
            else 'minhu'
        end as source
    from {{ ref('qc_rules') }}
),

-- the longest prefix decides
dimensions as (
    select
        placed.rule_id,
        dimensions.dimension,
        row_number() over (partition by placed.rule_id order by length(dimensions.rule_prefix) desc) as precedence
    from placed
    inner join {{ ref('quality_dimensions') }} as dimensions
        on placed.rule_id like concat_ws('', dimensions.rule_prefix, '%')
),

landed as (
    select
        concat_ws('', source, '.', table_name) as table_name,
        row_count,
        row_number() over (partition by source, table_name order by attempt desc) as recency
    from {{ source('raw', 'loads') }}
    where business_date = {{ business_date() }}
),

held as (
    select
        table_name,
        max(right_count) as row_count
    from {{ ref('conservation') }}
    where identity = 'landed_marts'
    group by table_name
    union all
    select
        'returns' as table_name,
        count(*) as row_count
    from {{ ref('int_returned_rows_checked') }}
),

balanced as (
    select
        rule_id,
        min(split_part(table_name, '.', 1)) as source,
        sum(left_count) as row_count,
        sum(abs(difference)) as failed_count
    from {{ ref('conservation') }}
    where unit_type = 'city' and rule_id <> ''
    group by rule_id
),

found as (
    select distinct -- the same thing is found for several KPIs
        rule_id,
        table_name,
        column_name,
        unit_type,
        unit_code,
        period_from,
        period_to,
        rows_seen,
        rows_failed
    from {{ ref('quality_findings') }}
),

-- what is found of a city is found of its parts again; figures say how many failed in all, each time
failed as (
    select
        rule_id,
        count(*) as finding_count,
        max(rows_seen) as rows_seen,
        case
            when rule_id like 'L4-%' then max(rows_failed)
            when max(case when unit_type in ('', 'city') then 1 else 0 end) = 1
                then sum(case when unit_type in ('', 'city') then rows_failed else 0 end)
            else sum(rows_failed)
        end as rows_failed
    from found
    group by rule_id
),

quarantined as (
    select
        rule_id,
        count(*) as row_count
    from {{ ref('quarantined_rows') }}
    group by rule_id
),

judged as (
    select
        rule_id,
        count(*) as cell_count
    from {{ ref('kpi_results') }}
    where rule_id is not null
    group by rule_id
)

select
    placed.rule_id,
    case when placed.source = 'minhu' then coalesce(balanced.source, placed.source) else placed.source end as source,
    placed.table_name,
    placed.severity,
    placed.who_acts,
    dimensions.dimension,
    placed.reason,
    placed.reason_zh,
    cast(coalesce(failed.finding_count, 0) as bigint) as finding_count,
    cast(
        case
            when placed.rule_id like 'L2-%' then held.row_count
            when placed.rule_id like 'L1-%' then coalesce(landed.row_count, failed.rows_seen)
            when balanced.rule_id is not null then balanced.row_count
            when true then failed.rows_seen
        end as bigint
    ) as rows_seen,
    cast(
        case
            when placed.rule_id like 'L2-%' then coalesce(quarantined.row_count, 0)
            when placed.rule_id like 'L4-KPI-%' then coalesce(judged.cell_count, 0)
            when balanced.rule_id is not null then balanced.failed_count
            when true then coalesce(failed.rows_failed, 0)
        end as bigint
    ) as rows_failed
from placed
left join dimensions
    on placed.rule_id = dimensions.rule_id and dimensions.precedence = 1
left join landed
    on placed.table_name = landed.table_name and landed.recency = 1
left join held
    on placed.table_name = held.table_name
left join balanced
    on placed.rule_id = balanced.rule_id
left join failed
    on placed.rule_id = failed.rule_id
left join quarantined
    on placed.rule_id = quarantined.rule_id
left join judged
    on placed.rule_id = judged.rule_id
-- loading files always finds something, were it only columns that are not read; without files it was not asked at all
where
    placed.rule_id not like 'L1-ORD-%'
    or exists (
        select 1 from found
        where found.rule_id like 'L1-ORD-%'
    )
