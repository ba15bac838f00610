{# Events of an order that its figures need; the others stay in staging. #}
{% macro is_counted_step() -%}
    event_type in ('dispatch', 'return', 'reroute', 'suspend', 'resume', 'defer_request', 'defer_grant', 'close', 'tier_change')
{%- endmacro %}
