{#
  A double rounded to `places` digits behind the point, halves of the scaled value away from zero. `round(x, places)` is
  another number on each engine: DuckDB scales the double, Spark rounds the decimals that it is written with.
#}
{% macro rounded(value, places) -%}
    round(({{ value }}) * 1e{{ places }}) / 1e{{ places }}
{%- endmacro %}
