{# Local calendar day of a UTC timestamp without offset, in the city's time zone. #}
{% macro local_date(column) %}{{ return(adapter.dispatch('local_date')(column)) }}{% endmacro %}

{% macro default__local_date(column) -%}
    cast(from_utc_timestamp({{ column }}, '{{ var("time_zone") }}') as date)
{%- endmacro %}

{% macro duckdb__local_date(column) -%}
    cast(timezone('{{ var("time_zone") }}', timezone('UTC', {{ column }})) as date)
{%- endmacro %}
