-- One row per cell that must not be shown as its own verdict says, for it would give a small cell away: by subtraction,
-- or as a component of a composed figure.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_judge() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set cell = ['unit_type', 'unit_code', 'period_type', 'period_start', 'caliber'] %}
with verdicts as (
    select
        kpi_id,
        variant,
        {{ cell | join(',\n        ') }},
        verdict
    from {{ ref('kpi_cell_verdicts') }}
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
        hidden.{{ column }},
        {% endfor -%}
        'complement' as role
    from hidden
    inner join {{ ref('kpi_components') }} as components
        on hidden.kpi_id = components.component_kpi_id and hidden.variant = components.component_variant
),

-- of a cell that is both, what nothing can protect any more counts
roles as (
    select
        kpi_id,
        variant,
        {{ cell | join(',\n        ') }},
        max(role) as role -- 'exposed' comes after 'complement'
    from (
        select
            kpi_id,
            variant,
            {{ cell | join(',\n            ') }},
            role
        from complements
        union all
        select * from composed
    ) as either
    group by kpi_id, variant, {{ cell | join(', ') }}
)

select
    verdicts.kpi_id,
    verdicts.variant,
    {% for column in cell -%}
    verdicts.{{ column }},
    {% endfor -%}
    case roles.role when 'exposed' then 'L4-KPI-010' else 'L4-KPI-009' end as rule_id
from verdicts
inner join roles
    on
        verdicts.kpi_id = roles.kpi_id
        and verdicts.variant = roles.variant
        {% for column in cell -%}
        and verdicts.{{ column }} = roles.{{ column }}
        {% endfor -%}
where
    verdicts.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY')
    -- a withheld cell shows nothing that could be told
    or (roles.role = 'exposed' and verdicts.verdict <> 'WITHHELD')
