{# One number of the seed kpi_parameters. #}
{% macro parameter(name) -%}
    (select value from {{ ref('kpi_parameters') }} where name = '{{ name }}')
{%- endmacro %}
