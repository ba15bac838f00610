{#
  Sum of doubles, added in the order of another column: the last digit of such a sum depends on the order, and a figure must
  not depend on how rows lie in a table. Nulls are passed over.
#}
{% macro ordered_sum(value, by) %}{{ return(adapter.dispatch('ordered_sum')(value, by)) }}{% endmacro %}

{% macro default__ordered_sum(value, by) -%}
    aggregate(
        array_sort(collect_list(case when {{ value }} is not null then struct({{ by }} as place, {{ value }} as part) end)),
        cast(0 as double),
        (total, term) -> total + term.part
    )
{%- endmacro %}

{% macro duckdb__ordered_sum(value, by) -%} sum({{ value }} order by {{ by }}) {%- endmacro %}
