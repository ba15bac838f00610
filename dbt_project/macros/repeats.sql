{# Last moment at which a second order still counts as a repetition of one closed at `closed_at`. #}
{% macro repeat_window_end(closed_at) -%}
    {{ dbt.dateadd('day', nearest_integer(parameter('repeat_window_days')), closed_at) }}
{%- endmacro %}
