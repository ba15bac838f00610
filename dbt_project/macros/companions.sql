{#- Cases below which counts beside the rates are hidden: the disclosure floor of rates. -#}
{% macro disclosure_floor() %}10{% endmacro %}

{#- Companions that count a part of something, those of a total adding up to it, and tell what nothing else shows. -#}
{% macro companions_of_counts() -%}
    'instant_close_rate', 'deferral_near_deadline_share', 'invalid_callback_share', 'deadline_bunching_index'
{%- endmacro %}

{#- Companions of counts that H04 shows of every unit: of residents, and of both calibers, whose difference is excluded. -#}
{% macro companions_of_shown_counts() -%} 'orders_per_10k_residents', 'exclusion_rate' {%- endmacro %}
