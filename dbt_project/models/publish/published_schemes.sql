-- One row per scheme and KPI: weights, transforms, targets and their source, as data.
{{ config(alias='schemes') }}
select * from {{ ref('schemes') }}
