{# How far one gets on foot, in metres (S03). #}
{% macro walk_metres() -%}
    ({{ parameter('walk_minutes') }} * {{ parameter('walk_metres_per_minute') }})
{%- endmacro %}
