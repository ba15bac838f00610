{# Latest moment at which a call offered at `offered_at` still counts as answered at once. #}
{% macro answered_within(offered_at) -%}
    {{ dbt.dateadd('second', 'cast(' ~ parameter('answer_within_seconds') ~ ' as integer)', offered_at) }}
{%- endmacro %}
