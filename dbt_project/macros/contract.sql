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
        {% if (count_model is none or row['count_model'] == count_model)
            and (not var('only_kpis') or row['kpi_id'][0] in var('only_kpis').split()) %}
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

{# What a contract row makes of one row of its count model: the cell and its three sums. #}
{% macro counted_columns(kpi) -%}
    '{{ kpi["kpi_id"] }}' as kpi_id,
        '{{ kpi["variant"] }}' as variant,
        unit_type,
        unit_code,
        period_type,
        period_start,
        period_end,
        caliber,
        cast({{ kpi["numerator"] }} as decimal(18, 4)) as numerator,
        cast({{ kpi["denominator"] or 'null' }} as decimal(18, 4)) as denominator,
        cast({{ kpi["sample_size"] or 'null' }} as decimal(18, 4)) as sample_size,
        '{{ kpi["interval_method"] }}' as interval_method
{%- endmacro %}

{#
  What every contract row makes of its count model, one below the other.
    relations  {count model: relation that has its counts by unit, period and caliber}
    due        relation with count_model, period_type, period_start: only these are counted
#}
{% macro counted_rows(relations, due=none) %}
    {% for row in contract_rows() if row.contract['count_model'] in relations and row.cells %}
    {% set kpi = row.contract %}
    select
        {{ counted_columns(kpi) }}
    from {{ relations[kpi["count_model"]] }}
    where
        {{ in_cells(row.cells) }}
        {% if kpi['count_model'] == 'returns' -%}
        and kpi_id = '{{ kpi["kpi_id"] }}' and variant = '{{ kpi["variant"] }}'
        {% endif -%}
        {% if due -%}
        and (period_type, period_start) in (
            select due.period_type, due.period_start from {{ due }} as due
            where due.count_model = '{{ kpi["count_model"] }}'
        )
        {% endif -%}
    {{ 'union all' if not loop.last }}
    {% else %}
    select cast(null as {{ dbt.type_string() }}) as kpi_id
    where 1 = 0
    {% endfor %}
{% endmacro %}

{# Value and interval of rows made by counted_columns. #}
{% macro rated_columns() -%}
    numerator,
    denominator,
    sample_size,
    case
        when interval_method = 'none' then cast(numerator as double)
        when denominator > 0 then round(cast(numerator as double) / cast(denominator as double), 8)
    end as value,
    {{ interval_bound('low') }} as ci_low,
    {{ interval_bound('high') }} as ci_high
{%- endmacro %}

{# The figures of a cell that has none. #}
{% macro no_figures() -%}
    cast(null as decimal(18, 4)) as numerator,
    cast(null as decimal(18, 4)) as denominator,
    cast(null as decimal(18, 4)) as sample_size,
    cast(null as double) as value,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
{%- endmacro %}
