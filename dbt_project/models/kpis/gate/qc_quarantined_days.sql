-- One row per quarantined record, day by which a KPI would have counted it (anchor), and unit: where it is missing.
{% for entity in anchored_tables() %}
{% for name, anchor in entity.anchors.items() %}
{% for unit_type, column in [('city', "'" ~ var('city_code') ~ "'")] + entity.levels.items() | list %}
select
    '{{ entity.table_name }}' as table_name,
    '{{ entity.table_name }}/{{ name }}' as anchor,
    rule_id,
    {{ entity.key }} as record_key,
    '{{ unit_type }}' as unit_type,
    {{ column }} as unit_code,
    {{ held_day(anchor) }} as day
from {{ entity.quarantine }}
where
    {{ held_day(anchor) }} is not null
    {% if unit_type != 'city' -%}
    and {{ column }} is not null
    {% endif -%}
    {% if anchor.only -%}
    and {{ anchor.only }}
    {% endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
{{ 'union all' if not loop.last }}
{% endfor %}
{{ 'union all' if not loop.last }}
{% endfor %}
