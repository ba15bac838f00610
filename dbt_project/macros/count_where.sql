{#
  Number of rows for which the condition is true; null conditions do not count. As a plain integer: engines add those
  several times faster than the wide type that sums have by themselves.
#}
{% macro count_where(condition) -%} cast(sum(case when {{ condition }} then 1 else 0 end) as integer) {%- endmacro %}
