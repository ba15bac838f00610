{# Latest moment at which a call offered at `offered_at` still counts as answered at once. #}
{% macro answered_within(offered_at) -%}
    {{ dbt.dateadd('second', nearest_integer(parameter('answer_within_seconds')), offered_at) }}
{%- endmacro %}
