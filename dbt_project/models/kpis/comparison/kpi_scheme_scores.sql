-- One row per scheme, unit, period and caliber: the points of a 考评方案, null where one of its KPIs has nothing to rate.
-- The bounds are the sums of the bounds of its KPIs: never narrower than the true interval, whatever their correlation.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_scheme_periods_to_count() }}") }}
-- depends_on: {{ ref('kpi_periods_to_count') }}
with schemes as (
    select
        schemes.*,
        levels.unit_type
    from {{ ref('schemes') }} as schemes
    inner join {{ ref('scheme_levels') }} as levels
        on schemes.applies_to = levels.applies_to
),

contract as (
    select * from {{ ref('kpi_contract') }}
),

components as (
    select
        scheme,
        unit_type,
        count(*) as component_count
    from schemes
    where valid_from <= {{ business_date() }} and (valid_to is null or valid_to > {{ business_date() }})
    group by scheme, unit_type
),

pointed as (
    select
        schemes.scheme,
        rates.kpi_id,
        rates.unit_type,
        rates.unit_code,
        rates.period_type,
        rates.period_start,
        rates.period_end,
        rates.caliber,
        rates.sample_size,
        {{ scheme_points('rates.value', 'schemes', 'contract') }} as points,
        {{ scheme_points(
            "case when contract.direction = 'down' then rates.ci_high else rates.ci_low end", 'schemes', 'contract'
        ) }} as points_low,
        {{ scheme_points(
            "case when contract.direction = 'down' then rates.ci_low else rates.ci_high end", 'schemes', 'contract'
        ) }} as points_high
    from {{ ref('kpi_rates') }} as rates
    inner join schemes
        on
            rates.kpi_id = schemes.kpi_id
            and rates.variant = schemes.variant
            and rates.unit_type = schemes.unit_type
            and rates.period_start >= schemes.valid_from
            and (schemes.valid_to is null or rates.period_start < schemes.valid_to)
    inner join contract
        on rates.kpi_id = contract.kpi_id and rates.variant = contract.variant
    where
        rates.period_type in ('month', 'assessment_month', 'quarter', 'half_year', 'year')
        and {{ in_scheme_periods_to_count() }}
),

summed as (
    select
        scheme,
        unit_type,
        unit_code,
        period_type,
        period_start,
        period_end,
        caliber,
        min(sample_size) as sample_size,
        count(*) as seen_count,
        count(points) as rated_count,
        {{ ordered_sum('points', 'kpi_id') }} as score,
        {{ ordered_sum('points_low', 'kpi_id') }} as score_low,
        {{ ordered_sum('points_high', 'kpi_id') }} as score_high
    from pointed
    group by
        scheme,
        unit_type,
        unit_code,
        period_type,
        period_start,
        period_end,
        caliber
)

select
    summed.scheme,
    summed.unit_type,
    summed.unit_code,
    summed.period_type,
    summed.period_start,
    summed.period_end,
    summed.caliber,
    case when summed.rated_count = components.component_count then summed.sample_size else 0 end as sample_size,
    case when summed.rated_count = components.component_count then {{ rounded('summed.score', 6) }} end as score,
    case
        when summed.rated_count = components.component_count then {{ rounded('summed.score_low', 6) }}
    end as score_low,
    case
        when summed.rated_count = components.component_count then {{ rounded('summed.score_high', 6) }}
    end as score_high
from summed
inner join components
    on summed.scheme = components.scheme and summed.unit_type = components.unit_type
