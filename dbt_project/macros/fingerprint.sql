{# SHA-256, in hex, of columns taken as text, one after the other; null is as empty. #}
{% macro fingerprint(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}
        {%- do texts.append("coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '')") -%}
    {%- endfor -%}
    {{ adapter.dispatch('sha256_hex')("concat_ws('', " ~ (texts | join(", '|', ")) ~ ")") }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%} sha2({{ text }}, 256) {%- endmacro %}

{% macro duckdb__sha256_hex(text) -%} sha256({{ text }}) {%- endmacro %}
