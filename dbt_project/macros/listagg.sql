{#
  dbt's listagg on Spark, where its own forgets the order: texts of a group, joined in the order of columns; null where there
  is none.
#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- if not order_by_clause or limit_num -%}
        {{ exceptions.raise_compiler_error("listagg " ~ measure ~ ": expected an order and no limit - say in which order") }}
    {%- endif -%}
    {%- set keys = [] -%}
    {%- for key in order_by_clause.replace('order by ', '').split(',') -%}
        {%- do keys.append(key ~ ' as key_' ~ loop.index) -%}
    {%- endfor -%}
    case when count({{ measure }}) > 0 then array_join(
        transform(
            array_sort(collect_list(
                case when {{ measure }} is not null then struct({{ keys | join(', ') }}, {{ measure }} as part) end
            )),
            listed -> listed.part
        ),
        {{ delimiter_text }}
    ) end
{%- endmacro %}
