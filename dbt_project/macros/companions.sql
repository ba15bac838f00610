{#- Cases below which a companion is hidden: the disclosure floor of rates. -#}
{% macro companion_floor() %}10{% endmacro %}

{#- Companions that count a part of something: those of a total add up to it. -#}
{% macro companions_of_counts() -%}
    'exclusion_rate', 'instant_close_rate', 'deferral_near_deadline_share', 'invalid_callback_share',
    'deadline_bunching_index'
{%- endmacro %}

{#- Condition: a source of the KPI delivered nothing this night, so that figures of it are those of the release before. -#}
{% macro is_blocked(kpi_id) -%}
    exists (
        select 1 from {{ ref('kpi_blocked') }} as blocked
        where blocked.kpi_id = '{{ kpi_id }}' and blocked.variant = 'main'
    )
{%- endmacro %}
