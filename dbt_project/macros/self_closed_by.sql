{# Latest moment at which an event closed by its own reporter counts as closed at once (自报自结). #}
{% macro self_closed_by(reported_at) -%}
    {{ dbt.dateadd('minute', nearest_integer(parameter('self_close_minutes')), reported_at) }}
{%- endmacro %}
