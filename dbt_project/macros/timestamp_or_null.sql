{# A text as a timestamp, null where it is none. The adapter's own safe_cast is a plain cast on DuckDB. #}
{% macro timestamp_or_null(text) -%} try_cast({{ text }} as timestamp) {%- endmacro %}
