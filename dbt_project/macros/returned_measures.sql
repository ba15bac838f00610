{#
  Query: one row per returned thing and KPI it counts in. Of each KPI:
    of           relation of the model whose rows are counted
    day          puts it into periods; share is a condition: 1 or 0 of 1, else numerator and denominator are given
    down_to      lowest level of the place that is known; has_unit: a responsible unit
    is_stock     of a period the last report's; only narrows the rows
#}
{% macro returned_measures(measures) %}
{% set no_code = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% for measure in measures %}
{% set depth = {'district': 1, 'street': 2, 'community': 3}[measure.down_to] if measure.down_to else 0 %}
select
    '{{ measure.kpi }}' as kpi_id,
    {{ measure.variant | default("'main'") }} as variant,
    {{ measure.day }} as day,
    {{ measure.is_stock | default(false) | lower }} as is_stock,
    {% for level in ['district', 'street', 'community'] -%}
    {{ 'place_' ~ level ~ '_code' if loop.index <= depth else no_code }} as {{ level }}_code,
    {% endfor -%}
    {{ 'unit_code' if measure.has_unit else no_code }} as unit_code,
    {{ 'case when ' ~ measure.share ~ ' then 1 else 0 end' if measure.share else measure.numerator }} as numerator,
    {{ '1' if measure.share else measure.denominator }} as denominator
from {{ measure.of }}
{{ 'where ' ~ measure.only if measure.only }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}
