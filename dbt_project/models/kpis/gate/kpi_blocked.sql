-- One row per KPI and variant without figures of this night: a source whose records it counts delivered nothing.
-- Sources that only describe places and units do not count: the pictures of the night before stand.
{{ config(materialized='view') }}
with sources as (
    select
        kpi_id,
        variant,
        source,
        true as is_own
    from {{ ref('kpi_contract') }}
    union
    select
        inputs.kpi_id,
        inputs.variant,
        split_part(inputs.input, '.', 1) as source,
        split_part(inputs.input, '.', 1) = contract.source as is_own
    from {{ ref('kpi_inputs') }} as inputs
    inner join {{ ref('kpi_contract') }} as contract
        on inputs.kpi_id = contract.kpi_id and inputs.variant = contract.variant
    where inputs.kind = 'anchor'
)

select
    sources.kpi_id,
    sources.variant,
    min(case when sources.is_own then arrivals.reason else concat(arrivals.source, '：', arrivals.reason) end) as reason
from sources
inner join {{ source('raw', 'arrivals') }} as arrivals
    on sources.source = arrivals.source
where arrivals.status = 'blocked'
group by sources.kpi_id, sources.variant
