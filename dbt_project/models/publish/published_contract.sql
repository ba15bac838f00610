-- One row per KPI and variant: the contract under which this release was made.
select * from {{ ref('kpi_contract') }}
