-- One row per unit type and period type of which some KPI is published.
select
    unit_type,
    period_type
from {{ ref('grain_periods') }}
union
-- a KPI may ask for more than the default: "street/day" in its periods
select
    split_part(grain, '/', 1) as unit_type,
    split_part(grain, '/', 2) as period_type
from (
    select 'street/day' as grain
    union all
    select 'point/day' as grain
) as extra
where exists (
    select 1 from {{ ref('kpi_contract') }} as contract
    where concat(' ', contract.periods, ' ') like concat('% ', extra.grain, ' %')
)
