-- One row per KPI and variant: what its figures are made of, tables and landed columns, and by which days it counts.
{{ config(materialized='view') }}
select
    contract.*,
    columns.landed_columns
from {{ ref('kpi_contract') }} as contract
inner join {{ ref('kpi_columns') }} as columns
    on contract.kpi_id = columns.kpi_id and contract.variant = columns.variant
