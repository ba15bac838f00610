{#
  A double as the integer nearest to it, halves to the even one. A plain cast cuts fractions off on some engines and rounds them
  on others; of a decimal write `cast(round(…) as …)`, which takes halves away from zero on all.
#}
{% macro nearest_integer(value, type='integer') %}
    {{- return(adapter.dispatch('nearest_integer')(value, type)) -}}
{% endmacro %}

{% macro default__nearest_integer(value, type) -%} cast(bround({{ value }}) as {{ type }}) {%- endmacro %}

{% macro duckdb__nearest_integer(value, type) -%} cast(round_even({{ value }}, 0) as {{ type }}) {%- endmacro %}
