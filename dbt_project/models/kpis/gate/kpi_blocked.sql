-- One row per KPI and variant without figures of this night: a source whose records it counts delivered nothing.
-- Sources that only describe places and units do not count: the pictures of the night before stand.
{{ config(materialized='view') }}
select
    contract.kpi_id,
    contract.variant,
    min(case
        when contract.source = arrivals.source then arrivals.reason
        else concat(arrivals.source, '：', arrivals.reason)
    end) as reason
from {{ ref('kpi_contract') }} as contract
inner join {{ source('raw', 'arrivals') }} as arrivals
    on
        contract.source = arrivals.source
        or concat(' ', contract.anchors) like concat('% ', arrivals.source, '.%')
where arrivals.status = 'blocked'
group by contract.kpi_id, contract.variant
