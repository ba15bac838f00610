{# One number of the seed kpi_parameters. #}
{% macro parameter(name) -%}
    (select value from {{ ref('kpi_parameters') }} where name = '{{ name }}')
{%- endmacro %}

{# One number of the seed gate_thresholds. #}
{% macro threshold(name) -%}
    (select value from {{ ref('gate_thresholds') }} where name = '{{ name }}')
{%- endmacro %}
