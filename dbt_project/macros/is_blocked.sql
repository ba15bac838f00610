{#- Condition: a source of the KPI delivered nothing this night, so that figures of it are those of the release before. -#}
{% macro is_blocked(kpi_id) -%}
    exists (
        select 1 from {{ ref('kpi_blocked') }} as blocked
        where blocked.kpi_id = '{{ kpi_id }}' and blocked.variant = 'main'
    )
{%- endmacro %}
