{#
  The first rule a row breaks, or null. `rules` is a list of (rule id, condition that is true for a broken row);
  what each rule means, in words, stands in the seed record_rules.
#}
{% macro first_broken_rule(rules) -%}
    case
        {% for rule_id, broken in rules -%}
        when {{ broken }} then '{{ rule_id }}'
        {% endfor -%}
    end
{%- endmacro %}

{# True for a time no system can mean: before the archive begins, or so far ahead that a year was mistyped. #}
{% macro is_implausible(column) -%}
    ({{ column }} < {{ first_day() }} or {{ column }} > {{ dbt.dateadd('year', 10, as_of()) }})
{%- endmacro %}
