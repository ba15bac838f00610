-- One row per unit type and period type of which counts are kept: the default ones, and what some KPI asks for beyond.
select
    unit_type,
    period_type
from {{ ref('grain_periods') }}
union
select
    unit_type,
    period_type
from {{ ref('kpi_grains') }}
