-- One row per KPI and variant without figures of this night: a source whose records it counts delivered nothing.
-- Sources that only describe places and units do not count: the pictures of the night before stand.
{{ config(materialized='view') }}
with sources as (
    select
        kpi_id,
        variant,
        source
    from {{ ref('kpi_contract') }}
    union
    select
        inputs.kpi_id,
        inputs.variant,
        split_part(inputs.input, '.', 1) as source
    from {{ ref('kpi_inputs') }} as inputs
    where inputs.kind = 'anchor'
),

blocked as (
    select source from {{ source('raw', 'arrivals') }}
    where status = 'blocked'
),

-- what stopped a delivery: the rules that it broke, in the words of the rules
broken as (
    select distinct -- one rule may be broken in several tables
        findings.source,
        findings.rule_id,
        coalesce(rules.reason_zh, findings.rule_id) as reason_zh
    from {{ source('raw', 'findings') }} as findings
    left join {{ ref('qc_rules') }} as rules
        on findings.rule_id = rules.rule_id
    where
        findings.severity = 'block'
        and not findings.is_in_marts
        and findings.found_date = {{ business_date() }}
),

reasons as (
    select
        source,
        {{ dbt.listagg("concat_ws('', '未通过“', reason_zh, '”（', rule_id, '）')", "'；'", 'order by rule_id') }} as reason
    from broken
    group by source
)

select
    sources.kpi_id,
    sources.variant,
    coalesce({{ dbt.listagg('reasons.reason', "'；'", 'order by sources.source') }}, '') as reason
from sources
inner join blocked
    on sources.source = blocked.source
left join reasons
    on sources.source = reasons.source
group by sources.kpi_id, sources.variant
