{# Local time without offset of a UTC timestamp without offset, in the city's time zone. #}
{% macro local_time(column) %}{{ return(adapter.dispatch('local_time')(column)) }}{% endmacro %}

{% macro default__local_time(column) -%}
    from_utc_timestamp({{ column }}, '{{ var("time_zone") }}')
{%- endmacro %}

{% macro duckdb__local_time(column) -%}
    timezone('{{ var("time_zone") }}', timezone('UTC', {{ column }}))
{%- endmacro %}

{# The way back: UTC timestamp without offset of a local time. #}
{% macro utc_time(column) %}{{ return(adapter.dispatch('utc_time')(column)) }}{% endmacro %}

{% macro default__utc_time(column) -%}
    to_utc_timestamp({{ column }}, '{{ var("time_zone") }}')
{%- endmacro %}

{% macro duckdb__utc_time(column) -%}
    timezone('UTC', timezone('{{ var("time_zone") }}', {{ column }}))
{%- endmacro %}

{# Local calendar day of a UTC timestamp without offset. #}
{% macro local_date(column) -%} cast({{ local_time(column) }} as date) {%- endmacro %}

{# Day of the week, Monday 1 to Sunday 7. #}
{% macro iso_weekday(day) %}{{ return(adapter.dispatch('iso_weekday')(day)) }}{% endmacro %}

{% macro default__iso_weekday(day) -%} (weekday({{ day }}) + 1) {%- endmacro %}

{% macro duckdb__iso_weekday(day) -%} isodow({{ day }}) {%- endmacro %}
