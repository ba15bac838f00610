-- One row per published cell from a week to a year and comparison (与自身比较): the same unit the period before, and the
-- year before. The interval of the difference joins those of both figures; a change is called one only where it does
-- not hold 0. Compared are periods that records cover from their first day, and of a volume only whole ones.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_compare() }}") }}
-- depends_on: {{ ref('kpi_periods_to_compare') }}
with contract as (
    select * from {{ ref('kpi_contract') }}
),

shown as (
    select * from {{ ref('kpi_results') }}
    where period_type <> 'day' and verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') and value is not null
),

-- by the days around a festival where the KPI is a sum over days, else by date
windows as (
    select
        contract.kpi_id,
        contract.variant,
        compared.*,
        row_number() over (
            partition by
                contract.kpi_id, contract.variant, compared.period_type, compared.period_start, compared.comparison
            order by case compared.aligned_by when 'calendar' then 1 else 0 end
        ) as precedence
    from contract
    inner join {{ ref('bridge_periods_compared') }} as compared
        on
            compared.aligned_by = 'calendar'
            or contract.count_model in ('orders', 'calls', 'grid_events', 'cases')
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    where
        coalesce(coverage.covered_from <= compared.compare_from, true)
        and coalesce(coverage.covered_from <= compared.period_start, true)
    {% if is_incremental() %}
    and (contract.kpi_id, contract.variant, compared.period_type, compared.period_start) in (
        select
            due.kpi_id,
            due.variant,
            due.period_type,
            due.period_start
        from {{ ref('kpi_periods_to_compare') }} as due
    )
    {% endif %}
),

before as (
    select
        windows.kpi_id,
        windows.variant,
        windows.period_type,
        windows.period_start,
        windows.comparison,
        shown.unit_type,
        shown.unit_code,
        shown.caliber,
        shown.denominator,
        shown.value,
        shown.ci_low,
        shown.ci_high
    from windows
    inner join shown
        on
            windows.kpi_id = shown.kpi_id
            and windows.variant = shown.variant
            and windows.period_type = shown.period_type
            and windows.compare_from = shown.period_start
    where windows.precedence = 1 and windows.aligned_by = 'calendar'
    union all
    select
        windows.kpi_id,
        windows.variant,
        windows.period_type,
        windows.period_start,
        windows.comparison,
        rates.unit_type,
        rates.unit_code,
        rates.caliber,
        rates.denominator,
        rates.value,
        rates.ci_low,
        rates.ci_high
    from windows
    inner join contract
        on windows.kpi_id = contract.kpi_id and windows.variant = contract.variant
    inner join {{ ref('kpi_rates_of_festival_days') }} as rates
        on
            windows.kpi_id = rates.kpi_id
            and windows.variant = rates.variant
            and windows.period_type = rates.period_type
            and windows.period_start = rates.period_start
    -- fewer than may be disclosed are no measure
    where
        windows.precedence = 1
        and windows.aligned_by <> 'calendar'
        and rates.value is not null
        and coalesce(rates.sample_size, 0) >= contract.suppress_below
),

breaks as (
    select distinct -- several versions within one span
        windows.kpi_id,
        windows.variant,
        windows.period_type,
        windows.period_start,
        windows.comparison
    from windows
    inner join {{ ref('kpi_contract_versions') }} as versions
        on
            windows.kpi_id = versions.kpi_id
            and windows.variant = versions.variant
            and windows.compare_from < versions.valid_from
            and windows.period_end >= versions.valid_from
    where windows.precedence = 1 and versions.is_break
),

first_days as (
    select
        kpi_id,
        variant,
        min(period_start) as first_day
    from {{ ref('kpi_results') }}
    where period_type = 'day' and unit_type = 'city' and value is not null
    group by kpi_id, variant
),

differences as (
    select
        shown.kpi_id,
        shown.variant,
        shown.unit_type,
        shown.unit_code,
        shown.unit_name,
        shown.period_type,
        shown.period_start,
        shown.period_end,
        shown.caliber,
        shown.is_provisional,
        windows.comparison,
        windows.aligned_by,
        windows.compare_from,
        windows.compare_to,
        shown.denominator,
        before.denominator as denominator_before,
        shown.value,
        before.value as value_before,
        shown.value - before.value as change,
        {{ difference_low('shown.value', 'shown.ci_low', 'before.value', 'before.ci_high') }} as change_low,
        {{ difference_high('shown.value', 'shown.ci_high', 'before.value', 'before.ci_low') }} as change_high,
        contract.direction
    from windows
    inner join contract
        on windows.kpi_id = contract.kpi_id and windows.variant = contract.variant
    inner join shown
        on
            windows.kpi_id = shown.kpi_id
            and windows.variant = shown.variant
            and windows.period_type = shown.period_type
            and windows.period_start = shown.period_start
    inner join before
        on
            shown.kpi_id = before.kpi_id
            and shown.variant = before.variant
            and shown.unit_type = before.unit_type
            and shown.unit_code = before.unit_code
            and shown.period_type = before.period_type
            and shown.period_start = before.period_start
            and shown.caliber = before.caliber
            and windows.comparison = before.comparison
    left join first_days
        on windows.kpi_id = first_days.kpi_id and windows.variant = first_days.variant
    where
        windows.precedence = 1
        and not (
            contract.interval_method = 'none'
            and (
                shown.period_end > {{ business_date() }}
                or windows.compare_from < coalesce(first_days.first_day, windows.compare_from)
            )
        )
)

select
    differences.kpi_id,
    differences.variant,
    differences.unit_type,
    differences.unit_code,
    differences.unit_name,
    differences.period_type,
    differences.period_start,
    differences.period_end,
    differences.caliber,
    differences.comparison,
    differences.aligned_by,
    differences.compare_from,
    differences.compare_to,
    differences.denominator,
    differences.value,
    differences.denominator_before,
    differences.value_before,
    {{ rounded('differences.change', 8) }} as change,
    {{ rounded('differences.change_low', 8) }} as change_low,
    {{ rounded('differences.change_high', 8) }} as change_high,
    case
        when differences.change_low > 0
            then case differences.direction when 'up' then 'better' when 'down' then 'worse' else 'higher' end
        when differences.change_high < 0
            then case differences.direction when 'up' then 'worse' when 'down' then 'better' else 'lower' end
        when differences.change_low is not null then 'no_clear_change'
    end as trend,
    breaks.kpi_id is not null as is_break_in_series,
    differences.is_provisional
from differences
left join breaks
    on
        differences.kpi_id = breaks.kpi_id
        and differences.variant = breaks.variant
        and differences.period_type = breaks.period_type
        and differences.period_start = breaks.period_start
        and differences.comparison = breaks.comparison
