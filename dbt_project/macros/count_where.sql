{#
  Number of rows for which the condition is true; null conditions do not count. As a plain integer: engines add those
  several times faster than the wide type that sums have by themselves.
#}
{% macro count_where(condition) -%} cast(sum(case when {{ condition }} then 1 else 0 end) as integer) {%- endmacro %}

{# The same of one row, 1 or 0: for counts that are rolled up row by row. #}
{% macro counts_where(condition) -%} case when {{ condition }} then 1 else 0 end {%- endmacro %}
