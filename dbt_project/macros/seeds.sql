{#
  Rows of a seed on Spark, each value a literal of its column's type. dbt-spark's own way binds them as text: what is empty
  becomes the word None, and an apostrophe ends the literal.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set types = [] %}
    {% for column in agate_table.column_names %}
        {% do types.append(model['config'].get('column_types', {}).get(column, adapter.convert_type(agate_table, loop.index0))) %}
    {% endfor %}
    {% set statements = [] %}
    {% for rows in agate_table.rows | batch(500) %}
        {% set statement %}
            insert into {{ this.render() }} values
            {% for row in rows %}(
                {%- for value in row %}{{ typed_literal(value, types[loop.index0]) }}{{ ', ' if not loop.last }}{% endfor -%}
            ){{ ', ' if not loop.last }}
            {% endfor %}
        {% endset %}
        {% do adapter.add_query(statement, abridge_sql_log=True) %}
        {% do statements.append(statement) %}
    {% endfor %}
    {{ return(statements | first) }}
{% endmacro %}

{# A value as a literal of a type, in the strings of Spark, where a backslash escapes. #}
{% macro typed_literal(value, type) -%}
    {%- if value is none -%} cast(null as {{ type }})
    {%- else -%}
    cast('{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}' as {{ type }})
    {%- endif -%}
{%- endmacro %}
