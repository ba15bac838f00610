{#- Cases below which a companion is hidden: the disclosure floor of rates. -#}
{% macro companion_floor() %}10{% endmacro %}

{#- Companions that count a part of something, those of a total adding up to it, and tell what nothing else shows. -#}
{% macro companions_of_counts() -%}
    'instant_close_rate', 'deferral_near_deadline_share', 'invalid_callback_share', 'deadline_bunching_index'
{%- endmacro %}

{#- Companions of counts that H04 shows of every unit: of residents, and of both calibers, whose difference is excluded. -#}
{% macro companions_of_shown_counts() -%} 'orders_per_10k_residents', 'exclusion_rate' {%- endmacro %}

{#- Condition: a source of the KPI delivered nothing this night, so that figures of it are those of the release before. -#}
{% macro is_blocked(kpi_id) -%}
    exists (
        select 1 from {{ ref('kpi_blocked') }} as blocked
        where blocked.kpi_id = '{{ kpi_id }}' and blocked.variant = 'main'
    )
{%- endmacro %}
