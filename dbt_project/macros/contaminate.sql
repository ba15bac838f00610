{#
  Condition: a finding can touch a KPI at all. Its table is among the inputs of the KPI. Where it names a KPI, a landed
  column that arrived odd (L1), or the days by which missing records would have counted (anchors), they are the KPI's. Units
  and periods are compared cell by cell.
    findings  relation with rule_id, table_name, column_name, anchors, kpi_id
    kpis      relation with the columns of kpi_lineage
#}
{% macro may_contaminate(findings, kpis) -%}
    concat(' ', {{ kpis }}.inputs, ' kpi_values ') like concat('% ', {{ findings }}.table_name, ' %')
    and ({{ findings }}.kpi_id = '' or {{ findings }}.kpi_id = {{ kpis }}.kpi_id)
    and ({{ findings }}.anchors = '' or {{ findings }}.anchors = {{ kpis }}.anchors)
    and (
        {{ findings }}.column_name = ''
        or {{ findings }}.rule_id not like 'L1-%'
        or concat(' ', {{ kpis }}.landed_columns, ' ')
        like concat('% ', {{ findings }}.table_name, '.', {{ findings }}.column_name, ' %')
    )
{%- endmacro %}
