-- One row per unit, period and caliber: H10, the score of the scheme three_rate_10_50_40 as a KPI of its own.
{{ config(materialized='view') }}
select
    'H10' as kpi_id,
    'main' as variant,
    unit_type,
    unit_code,
    period_type,
    period_start,
    period_end,
    caliber,
    cast(null as decimal(18, 4)) as numerator,
    sample_size as denominator,
    sample_size,
    case when sample_size > 0 then score end as value,
    case when sample_size > 0 then score_low end as ci_low,
    case when sample_size > 0 then score_high end as ci_high
from {{ ref('kpi_scheme_scores') }}
where scheme = 'three_rate_10_50_40'
