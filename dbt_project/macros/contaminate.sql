{#
  Condition: a finding can touch a KPI at all. Its table is among the inputs of the KPI. Where it names a KPI, a landed
  column that arrived odd (L1), or the days by which missing records would have counted (anchors), they are the KPI's. Units
  and periods are compared cell by cell.
    findings  relation with rule_id, table_name, column_name, anchors, kpi_id
    kpis      relation with kpi_id, variant, anchors, as in the contract
#}
{% macro may_contaminate(findings, kpis) -%}
    ({{ findings }}.kpi_id = '' or {{ findings }}.kpi_id = {{ kpis }}.kpi_id)
    and ({{ findings }}.anchors = '' or {{ findings }}.anchors = {{ kpis }}.anchors)
    and ({{ findings }}.table_name = 'kpi_values' or {{ is_input(kpis, 'model', findings ~ '.table_name') }})
    and (
        {{ findings }}.column_name = ''
        or {{ findings }}.rule_id not like 'L1-%'
        or {{ is_input(kpis, 'column', "concat_ws('', " ~ findings ~ ".table_name, '.', " ~ findings ~ ".column_name)") }}
    )
{%- endmacro %}

{# Condition: the figures of a KPI are made of this table or model, landed column, or day (kinds of kpi_inputs). #}
{% macro is_input(kpis, kind, name) -%}
    ({{ kpis }}.kpi_id, {{ kpis }}.variant, {{ name }}) in (
        select
            inputs.kpi_id,
            inputs.variant,
            inputs.input
        from {{ ref('kpi_inputs') }} as inputs
        where inputs.kind = '{{ kind }}'
    )
{%- endmacro %}
