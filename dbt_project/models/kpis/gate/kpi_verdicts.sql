-- One row per cell with its figures: may it be published beside all others, and which rule decided: its own verdict,
-- unless it would give a small cell away.
{{ config(materialized='view') }}
{% set cell = ['kpi_id', 'variant', 'unit_type', 'unit_code', 'period_type', 'period_start', 'caliber'] %}
select
    {% for column in cell -%}
    verdicts.{{ column }},
    {% endfor -%}
    verdicts.period_end,
    verdicts.numerator,
    verdicts.denominator,
    verdicts.sample_size,
    verdicts.value,
    verdicts.ci_low,
    verdicts.ci_high,
    coalesce(rules.verdict, verdicts.verdict) as verdict,
    coalesce(rules.rule_id, verdicts.rule_id) as rule_id,
    coalesce(rules.reason_zh, verdicts.reason) as reason
from {{ ref('kpi_cell_verdicts') }} as verdicts
left join {{ ref('kpi_hidden_cells') }} as hidden
    on
        {% for column in cell -%}
        verdicts.{{ column }} = hidden.{{ column }}{{ ' and' if not loop.last }}
        {% endfor %}
left join {{ ref('gate_rules') }} as rules
    on hidden.rule_id = rules.rule_id
