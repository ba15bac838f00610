-- One row per unit, period and caliber: H10, the weighted sum of H07, H08 and H09 of the same cell.
-- Its bounds are the weighted sums of theirs: never narrower than the true interval, whatever the correlation of the
-- three answers of one caller.
with rates as (
    select * from {{ ref('kpi_rates') }}
    where kpi_id in ('H07', 'H08', 'H09') and variant = 'main'
),

weights as (
    select
        kpi_id,
        weight
    from {{ ref('score_weights') }}
    where scheme = 'three_rate_10_50_40'
),

summed as (
    select
        rates.unit_type,
        rates.unit_code,
        rates.period_type,
        rates.period_start,
        rates.period_end,
        rates.caliber,
        min(rates.sample_size) as sample_size,
        100 * sum(weights.weight * rates.value) as value,
        100 * sum(weights.weight * rates.ci_low) as ci_low,
        100 * sum(weights.weight * rates.ci_high) as ci_high
    from rates
    inner join weights on rates.kpi_id = weights.kpi_id
    group by
        rates.unit_type,
        rates.unit_code,
        rates.period_type,
        rates.period_start,
        rates.period_end,
        rates.caliber
    having count(*) = 3
)

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
    case when sample_size > 0 then round(value, 6) end as value,
    case when sample_size > 0 then round(ci_low, 6) end as ci_low,
    case when sample_size > 0 then round(ci_high, 6) end as ci_high
from summed
