-- One row per returned thing and KPI it counts in, of every subject: numerator, denominator, and the day that puts it
-- into periods.
{{ config(materialized='table') }}
-- depends_on: {{ ref('int_counted_days_before') }}
select * from {{ ref('int_return_measures_party') }}
union all
select * from {{ ref('int_return_measures_streets') }}
union all
select * from {{ ref('int_return_measures_projects') }}
