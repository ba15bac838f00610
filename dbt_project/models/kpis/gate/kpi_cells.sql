-- One row per cell judged in this build, with its figures: what could be computed from sources that delivered, and for
-- each KPI without a value its city cells of all periods since the first delivery, so that its absence is visible. So
-- are cells of which every record was set aside.
{{ config(materialized='view') }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
with contract as (
    select * from {{ ref('kpi_contract') }}
),

blocked as (
    select
        kpi_id,
        variant
    from {{ ref('kpi_blocked') }}
),

absent as (
    select input from {{ source('raw', 'absent_inputs') }}
),

computed as (
    select computed_values.*
    from {{ ref('kpi_values') }} as computed_values
    inner join contract
        on computed_values.kpi_id = contract.kpi_id and computed_values.variant = contract.variant
    where
        (contract.kpi_id, contract.variant) not in (select * from blocked)
        and contract.requires not in (select absent.input from absent)
        and not (contract.is_optional and coalesce(computed_values.denominator, 0) = 0)
        and {{ is_judged_in_this_build('computed_values') }}
),

spoken as (
    select distinct -- many cells of one KPI
        computed_values.kpi_id,
        computed_values.variant
    from {{ ref('kpi_values') }} as computed_values
    inner join contract
        on computed_values.kpi_id = contract.kpi_id and computed_values.variant = contract.variant
    where
        (contract.kpi_id, contract.variant) not in (select * from blocked)
        and contract.requires not in (select absent.input from absent)
),

silent as (
    select distinct -- a KPI has a kind of period at several levels
        contract.kpi_id,
        contract.variant,
        grains.period_type
    from contract
    inner join {{ ref('kpi_grains') }} as grains
        on contract.kpi_id = grains.kpi_id and contract.variant = grains.variant
    left join spoken
        on contract.kpi_id = spoken.kpi_id and contract.variant = spoken.variant
    where spoken.kpi_id is null and not contract.is_optional
),

seen_periods as (
    select distinct -- many days of one period
        period_type,
        period_start,
        period_end
    from {{ ref('bridge_days_periods') }}
    where
        day between (select min(business_date) from {{ source('raw', 'loads') }}) and {{ business_date() }}
),

calibers as (
    select 'full' as caliber
    union all
    select 'assessed' as caliber
),

-- rules together set aside every record that a KPI would have counted there
emptied_places as (
    select
        anchors,
        unit_type,
        unit_code,
        period_type,
        period_from as period_start,
        period_to as period_end
    from {{ ref('kpi_findings') }}
    where anchors <> ''
    group by anchors, unit_type, unit_code, period_type, period_from, period_to
    having
        sum(rows_failed) = max(rows_seen)
        and max(case when severity = 'block' then 1 else 0 end) = 1
),

-- a cell that would vanish, and has to say so
emptied as (
    select
        contract.kpi_id,
        contract.variant,
        emptied_places.unit_type,
        emptied_places.unit_code,
        emptied_places.period_type,
        emptied_places.period_start,
        emptied_places.period_end
    from emptied_places
    inner join contract
        on emptied_places.anchors = contract.anchors
    inner join {{ ref('kpi_grains') }} as grains
        on
            contract.kpi_id = grains.kpi_id
            and contract.variant = grains.variant
            and emptied_places.unit_type = grains.unit_type
            and emptied_places.period_type = grains.period_type
    inner join spoken
        on contract.kpi_id = spoken.kpi_id and contract.variant = spoken.variant
    left join {{ ref('kpi_values') }} as known
        on
            contract.kpi_id = known.kpi_id
            and contract.variant = known.variant
            and emptied_places.unit_type = known.unit_type
            and emptied_places.unit_code = known.unit_code
            and emptied_places.period_type = known.period_type
            and emptied_places.period_start = known.period_start
    where known.kpi_id is null and not contract.is_optional
)

select
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
    emptied.kpi_id,
    emptied.variant,
    emptied.unit_type,
    emptied.unit_code,
    emptied.period_type,
    emptied.period_start,
    emptied.period_end,
    calibers.caliber,
    {{ no_figures() }}
from emptied
cross join calibers
where {{ is_judged_in_this_build('emptied') }}
union all
select
    silent.kpi_id,
    silent.variant,
    'city' as unit_type,
    '{{ var("city_code") }}' as unit_code,
    seen_periods.period_type,
    seen_periods.period_start,
    seen_periods.period_end,
    calibers.caliber,
    {{ no_figures() }}
from silent
inner join seen_periods
    on silent.period_type = seen_periods.period_type
cross join calibers
where {{ is_judged_in_this_build('silent', 'seen_periods') }}
