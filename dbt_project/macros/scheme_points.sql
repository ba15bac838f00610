{#
  Points of a rate (0..1) under a row of the seed schemes. `schemes` and `contract` are the aliases of the joined rows.
#}
{% macro scheme_points(rate, schemes, contract) -%}
    {#- least and greatest pass over nulls: no rate, no points -#}
    case when {{ rate }} is not null then {{ schemes }}.weight * case {{ schemes }}.transform
        when 'linear' then {{ schemes }}.full_points * {{ rate }}
        when 'slope_floor'
            then greatest(
                {{ schemes }}.floor_points,
                least(
                    {{ schemes }}.full_points,
                    {{ schemes }}.full_points - {{ schemes }}.slope * ({{ schemes }}.target - 100 * {{ rate }})
                )
            )
        when 'ratio_to_target'
            then {{ schemes }}.full_points * case
                when {{ contract }}.direction = 'down' and 100 * {{ rate }} <= {{ schemes }}.target then 1
                when {{ contract }}.direction = 'down' then {{ schemes }}.target / (100 * {{ rate }})
                else least(1.0, 100 * {{ rate }} / {{ schemes }}.target)
            end
    end end
{%- endmacro %}
