-- One row per KPI, unit (city, districts), settled month, caliber, breakdown and value of it: what part of a published
-- cell each category, demand type, tier and channel is, with the names that registers and the hotline's list have now.
select
    cells.kpi_id,
    cells.variant,
    cells.unit_type,
    cells.unit_code,
    coalesce(places.place_name, cells.unit_code) as unit_name,
    cells.period_type,
    cells.period_start,
    cells.period_end,
    cells.caliber,
    cells.breakdown,
    cells.value_code,
    categories.category_name as value_name,
    cells.numerator,
    cells.denominator,
    cells.value,
    cells.ci_low,
    cells.ci_high,
    cells.verdict,
    cells.rule_id,
    cells.reason,
    cells.is_stale,
    cells.contract_version
from {{ ref('kpi_breakdown_verdicts') }} as cells
left join {{ ref('dim_places') }} as places
    on cells.unit_type = places.place_level and cells.unit_code = places.place_code
left join {{ ref('stg_hotline__categories') }} as categories
    on case when cells.breakdown = 'category' then cells.value_code end = categories.category_code
