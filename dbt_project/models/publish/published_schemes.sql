-- One row per scheme and KPI: weights, transforms, targets and their source, as data.
select * from {{ ref('schemes') }}
