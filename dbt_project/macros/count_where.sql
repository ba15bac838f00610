{# Number of rows for which the condition is true; null conditions do not count. #}
{% macro count_where(condition) -%} sum(case when {{ condition }} then 1 else 0 end) {%- endmacro %}
