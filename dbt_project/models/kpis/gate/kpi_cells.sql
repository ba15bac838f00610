-- One row per cell that the release must say something about: what could be computed from sources that delivered, and
-- for each KPI without a value its city cells of all periods since the first delivery, so that its absence is visible.
-- So are cells of which every record was set aside.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_periods_to_judge()) }}") }}
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
    select
        contract.source,
        computed_values.*
    from {{ ref('kpi_values') }} as computed_values
    inner join contract
        on computed_values.kpi_id = contract.kpi_id and computed_values.variant = contract.variant
    where
        (contract.kpi_id, contract.variant) not in (select * from blocked)
        and contract.requires not in (select absent.input from absent)
        and not (contract.is_optional and coalesce(computed_values.denominator, 0) = 0)
        {% if is_incremental() %}
        and {{ in_periods_to_judge('computed_values') }}
        {% endif %}
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
    select
        contract.source,
        contract.kpi_id,
        contract.variant,
        contract.levels,
        contract.periods
    from contract
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
        contract.source,
        contract.kpi_id,
        contract.variant,
        emptied_places.unit_type,
        emptied_places.unit_code,
        emptied_places.period_type,
        emptied_places.period_start,
        emptied_places.period_end
    from emptied_places
    inner join contract
        on
            emptied_places.anchors = contract.anchors
            and concat(' ', contract.levels, ' ') like concat('% ', emptied_places.unit_type, ' %')
            and concat(' ', contract.periods, ' ') like concat('% ', emptied_places.period_type, ' %')
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
    emptied.source,
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
{% if is_incremental() %}
where {{ in_periods_to_judge('emptied') }}
{% endif %}
union all
select
    silent.source,
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
    on concat(' ', silent.periods, ' ') like concat('% ', seen_periods.period_type, ' %')
cross join calibers
{% if is_incremental() %}
where (silent.kpi_id, silent.variant, seen_periods.period_type, seen_periods.period_start) in (
    select
        due.kpi_id,
        due.variant,
        due.period_type,
        due.period_start
    from {{ ref('kpi_periods_to_judge') }} as due
)
{% endif %}
