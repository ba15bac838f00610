-- One row per cell: may it be published beside all others, and which rule decided: its own verdict, unless it is shown
-- and would give a small cell away, by subtraction or as a component of a composed figure.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_periods_to_judge()) }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set cell = ['unit_type', 'unit_code', 'period_type', 'period_start', 'caliber'] %}
with verdicts as (
    select * from {{ ref('kpi_cell_verdicts') }}
    {% if is_incremental() %}
    where {{ in_periods_to_judge() }}
    {% endif %}
),

complements as (
    select * from {{ ref('kpi_complements') }}
),

hidden as (
    select
        kpi_id,
        variant,
        {{ cell | join(',\n        ') }}
    from complements
    union
    select
        kpi_id,
        variant,
        {{ cell | join(',\n        ') }}
    from verdicts
    where verdict = 'SUPPRESSED'
),

-- of two figures and what is composed of them, the third tells the second
composed as (
    select distinct -- several components may be hidden
        components.kpi_id,
        components.variant,
        {% for column in cell -%}
        hidden.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from hidden
    inner join {{ ref('kpi_components') }} as components
        on hidden.kpi_id = components.component_kpi_id and hidden.variant = components.component_variant
),

decided as (
    select
        verdicts.*,
        case
            -- a withheld cell shows nothing that could be told
            when complements.role = 'exposed' and verdicts.verdict <> 'WITHHELD' then 'L4-KPI-010'
            when
                (complements.role = 'complement' or composed.kpi_id is not null)
                and verdicts.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY')
                then 'L4-KPI-009'
        end as hiding_rule_id
    from verdicts
    left join complements on
        verdicts.kpi_id = complements.kpi_id
        and verdicts.variant = complements.variant
        {% for column in cell -%}
        and verdicts.{{ column }} = complements.{{ column }}
        {% endfor %}
    left join composed on
        verdicts.kpi_id = composed.kpi_id
        and verdicts.variant = composed.variant
        {% for column in cell -%}
        and verdicts.{{ column }} = composed.{{ column }}
        {% endfor %}
)

select
    decided.source,
    decided.kpi_id,
    decided.variant,
    decided.unit_type,
    decided.unit_code,
    decided.period_type,
    decided.period_start,
    decided.period_end,
    decided.caliber,
    decided.numerator,
    decided.denominator,
    decided.sample_size,
    decided.value,
    decided.ci_low,
    decided.ci_high,
    coalesce(rules.verdict, decided.verdict) as verdict,
    coalesce(rules.rule_id, decided.rule_id) as rule_id,
    coalesce(rules.reason_zh, decided.reason) as reason
from decided
left join {{ ref('gate_rules') }} as rules
    on decided.hiding_rule_id = rules.rule_id
