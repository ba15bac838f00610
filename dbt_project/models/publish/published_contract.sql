-- One row per KPI and variant: the contract under which this release was made.
{{ config(alias='kpi_contract') }}
select * from {{ ref('kpi_contract') }}
