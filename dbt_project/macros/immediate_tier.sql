{# Deadline of a matter to be done at once (立即办): some hours after it began; null in other tiers. #}
{% macro immediate_due_at(tier, begun_at) -%}
    case
        when {{ tier }} = 'immediate'
            then {{ dbt.dateadd('hour', nearest_integer(parameter('immediate_tier_hours')), begun_at) }}
    end
{%- endmacro %}

{# How lenient a tier is; a change to a higher number relaxes it. #}
{% macro tier_leniency(tier) -%}
    case {{ tier }} when 'immediate' then 1 when 'time_limited' then 2 when 'tracked' then 3 end
{%- endmacro %}
