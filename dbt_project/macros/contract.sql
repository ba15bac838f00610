{#
  The KPI contract as a list of rows, read from its seed when models are compiled, so that a KPI whose counts exist is
  one line in the seed. Outside a run (parsing) it is empty.
#}
{% macro contract_rows(count_model=none) %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set grains = run_query("select unit_type, period_type from " ~ ref('grain_periods') ~ " order by 1, 2") %}
    {% set found = run_query("select * from " ~ ref('kpi_contract') ~ " order by kpi_id, variant") %}
    {% set rows = [] %}
    {% for row in found.rows %}
        {% set cells = [] %}
        {% for grain in grains.rows if grain['unit_type'] in row['levels'].split() and grain['period_type'] in row['periods'].split() %}
            {% do cells.append((grain['unit_type'], grain['period_type'])) %}
        {% endfor %}
        {# "street/day" in periods allows a grain beyond the default table #}
        {% for extra in row['periods'].split() if '/' in extra %}
            {% do cells.append((extra.split('/')[0], extra.split('/')[1])) %}
        {% endfor %}
        {% if count_model is none or row['count_model'] == count_model %}
            {% do rows.append({'contract': row, 'cells': cells}) %}
        {% endif %}
    {% endfor %}
    {{ return(rows) }}
{% endmacro %}

{# SQL condition: the cell's level and period are among those of the contract row. #}
{% macro in_cells(cells) -%}
    ({% for unit_type, period_type in cells -%}
    (unit_type = '{{ unit_type }}' and period_type = '{{ period_type }}'){{ ' or ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}
