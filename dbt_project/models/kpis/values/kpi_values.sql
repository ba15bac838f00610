-- One row per KPI, variant, unit, period and caliber: every figure that can be computed, before any verdict.
{{ config(materialized='view') }}
select * from {{ ref('kpi_rates') }}
union all
select * from {{ ref('kpi_three_rate_scores') }}
union all
select * from {{ ref('kpi_estimates') }}
