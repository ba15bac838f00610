-- One row per published cell: KPI, variant, unit, period and caliber, with its verdict. What a reader sees.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_judge() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set key = ['kpi_id', 'variant', 'unit_type', 'unit_code', 'period_type', 'period_start', 'caliber'] %}
with verdicts as (
    select * from {{ ref('kpi_verdicts') }}
    {% if is_incremental() %}
    where {{ in_periods_to_judge() }}
    {% endif %}
),

bands as (
    select * from {{ ref('kpi_bands') }}
    {% if is_incremental() %}
    where {{ in_periods_to_judge() }}
    {% endif %}
),

previous as (
    select * from {{ source('raw', 'previous_kpi_results') }}
    {% if is_incremental() %}
    where {{ in_periods_to_judge() }}
    {% endif %}
),

contract as (
    select * from {{ ref('kpi_contract') }}
),

-- a source that did not deliver leaves the cells of the last release in place, marked
carried as (
    select
        previous.*,
        blocked.reason as stale_reason
    from previous
    inner join {{ ref('kpi_blocked') }} as blocked
        on previous.kpi_id = blocked.kpi_id and previous.variant = blocked.variant
),

-- the last good value of what is withheld now
remembered as (
    select
        {% for column in key -%}
        verdicts.{{ column }},
        {% endfor -%}
        case
            when previous.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') then previous.value
            else previous.last_good_value
        end as good_value,
        case
            when previous.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') then previous.as_of
            else previous.last_good_as_of
        end as good_as_of
    from verdicts
    inner join previous
        on
            {% for column in key -%}
            verdicts.{{ column }} = previous.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
    where verdicts.verdict = 'WITHHELD'
),

fresh as (
    select
        verdicts.*,
        contract.settle_days,
        contract.contract_version,
        coalesce(coverage.covered_from <= verdicts.period_start, true) as is_covered,
        verdicts.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') as is_shown,
        remembered.good_value,
        remembered.good_as_of
    from verdicts
    inner join contract
        on verdicts.kpi_id = contract.kpi_id and verdicts.variant = contract.variant
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    left join carried on
        {% for column in key -%}
        verdicts.{{ column }} = carried.{{ column }}{{ ' and' if not loop.last }}
        {% endfor %}
    left join remembered on
        {% for column in key -%}
        verdicts.{{ column }} = remembered.{{ column }}{{ ' and' if not loop.last }}
        {% endfor %}
    where carried.kpi_id is null
),

results as (
    select
        kpi_id,
        variant,
        unit_type,
        unit_code,
        period_type,
        period_start,
        period_end,
        caliber,
        case when is_shown then numerator end as numerator,
        case when verdict <> 'WITHHELD' then denominator end as denominator,
        case when is_shown then value end as value,
        case when is_shown then ci_low end as ci_low,
        case when is_shown then ci_high end as ci_high,
        verdict,
        rule_id,
        reason,
        {{ dbt.dateadd('day', 'settle_days', 'period_end') }} > {{ business_date() }}
        or not is_covered as is_provisional,
        is_covered,
        false as is_stale,
        -- left empty: the release fills in its own, so that a cell nobody touched stays the same row
        cast(null as timestamp) as as_of,
        contract_version,
        good_value as last_good_value,
        good_as_of as last_good_as_of
    from fresh
    union all
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
        value,
        ci_low,
        ci_high,
        case when verdict = 'PUBLISHED' then 'PUBLISHED_WITH_NOTE' else verdict end as verdict,
        case when verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE') then 'L4-KPI-005' else rule_id end as rule_id,
        case
            when verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE')
                then concat_ws('', '来源未到，沿用上次有效值', case when stale_reason <> '' then '：' else '' end, stale_reason)
            else reason
        end as reason,
        is_provisional,
        -- a release from before this column does not say
        coalesce(is_covered, true) as is_covered,
        true as is_stale,
        as_of,
        contract_version,
        last_good_value,
        last_good_as_of
    from carried
)

select
    results.kpi_id,
    results.variant,
    results.unit_type,
    results.unit_code,
    coalesce(names.unit_name, results.unit_code) as unit_name,
    results.period_type,
    results.period_start,
    results.period_end,
    results.caliber,
    results.numerator,
    results.denominator,
    results.value,
    results.ci_low,
    results.ci_high,
    results.verdict,
    results.rule_id,
    results.reason,
    {% for column in ['peer_group', 'peer_count', 'peer_value', 'band', 'rank_best', 'rank_worst'] -%}
    case when not results.is_stale then bands.{{ column }} end as {{ column }},
    {% endfor -%}
    results.is_provisional,
    results.is_covered,
    results.is_stale,
    results.as_of,
    results.contract_version,
    results.last_good_value,
    results.last_good_as_of
from results
left join bands
    on
        {% for column in key -%}
        results.{{ column }} = bands.{{ column }}{{ ' and' if not loop.last }}
        {% endfor %}
left join {{ ref('dim_unit_names') }} as names
    on results.unit_type = names.unit_type and results.unit_code = names.unit_code
