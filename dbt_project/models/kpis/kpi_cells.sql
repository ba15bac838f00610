-- One row per cell that the release must say something about: what could be computed from sources that delivered, and
-- for each KPI without a value its city cells of the running periods, so that its absence is visible.
with contract as (
    select * from {{ ref('kpi_contract') }}
),

blocked as (
    select source from {{ source('raw', 'arrivals') }}
    where status = 'blocked'
),

absent as (
    select input from {{ source('raw', 'absent_inputs') }}
),

computed as (
    select
        contract.source,
        computed_values.*
    from {{ ref('kpi_values') }} as computed_values
    inner join contract
        on computed_values.kpi_id = contract.kpi_id and computed_values.variant = contract.variant
    where
        contract.source not in (select blocked.source from blocked)
        and contract.requires not in (select absent.input from absent)
        and not (contract.is_optional and coalesce(computed_values.denominator, 0) = 0)
),

silent as (
    select
        contract.source,
        contract.kpi_id,
        contract.variant,
        contract.levels,
        contract.periods
    from contract
    left join (
        select distinct -- many cells of one KPI
            kpi_id,
            variant
        from computed
    ) as spoken
        on contract.kpi_id = spoken.kpi_id and contract.variant = spoken.variant
    where spoken.kpi_id is null and not contract.is_optional
),

running_periods as (
    select * from {{ ref('bridge_days_periods') }}
    where day = {{ business_date() }}
),

calibers as (
    select 'full' as caliber
    union all
    select 'assessed' as caliber
)

select
    source,
    kpi_id,
    variant,
    unit_type,
    unit_code,
    period_type,
    period_start,
    period_end,
    caliber,
    numerator,
    denominator,
    sample_size,
    value,
    ci_low,
    ci_high
from computed
union all
select
    silent.source,
    silent.kpi_id,
    silent.variant,
    'city' as unit_type,
    '{{ var("city_code") }}' as unit_code,
    running_periods.period_type,
    running_periods.period_start,
    running_periods.period_end,
    calibers.caliber,
    cast(null as decimal(18, 4)) as numerator,
    cast(null as decimal(18, 4)) as denominator,
    cast(null as decimal(18, 4)) as sample_size,
    cast(null as double) as value,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from silent
inner join running_periods
    on concat(' ', silent.periods, ' ') like concat('% ', running_periods.period_type, ' %')
cross join calibers
