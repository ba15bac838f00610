{#
  KPIs that are broken down by what orders are about: of each the counts of cases that count wholly, and of those that count
  at all, which say by how much a figure could be another (minhu.statistics.breakdown_suppression).
#}
{% macro breakdown_kpis() -%}
    {{ return({
        'H04': {'whole': 'created_count', 'any': 'created_count'},
        'H06': {'whole': 'on_time_count', 'any': 'on_time_count'},
        'H08': {'whole': 'resolved_count', 'any': 'resolved_count'},
        'H09': {'whole': 'satisfied_count', 'any': 'satisfied_count + basically_satisfied_count'},
    }) }}
{%- endmacro %}

{# Condition: a figure of a value is told by another table or KPI as well, so it hides no other one. #}
{% macro is_told_elsewhere(cells) -%}
    {{ cells }}.kpi_id = 'H06'
    and (
        -- on_time_by_channel has the counts of the city, T02 those of the tier where the grid has none of it
        ({{ cells }}.breakdown = 'channel' and {{ cells }}.unit_type = 'city')
        or ({{ cells }}.breakdown = 'tier' and {{ cells }}.value_code = 'time_limited')
    )
{%- endmacro %}
