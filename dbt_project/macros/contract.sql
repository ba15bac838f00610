{#
  What every KPI of the contract makes of its count model: the cell and its three sums, one select per count model. At which
  levels and in which periods a KPI is published is a relation (kpi_grains), what it sums an expression of the contract.
    relations  {count model: relation that has its counts by unit, period and caliber}
    due        relation with count_model, period_type, period_start: only these are counted
#}
{% macro counted_rows(relations, due=none) -%}
with kpis as (
    select
        grains.kpi_id,
        grains.variant,
        concat_ws('', grains.kpi_id, '/', grains.variant) as kpi,
        grains.unit_type,
        grains.period_type,
        contract.count_model,
        contract.interval_method
    from {{ ref('kpi_grains') }} as grains
    inner join {{ ref('kpi_contract') }} as contract
        on grains.kpi_id = contract.kpi_id and grains.variant = contract.variant
    {%- if var('only_kpis') %}
    where substring(grains.kpi_id, 1, 1) in ('{{ var("only_kpis").split() | join("', '") }}')
    {%- endif %}
)
{% set counted = contract_rows() | selectattr('count_model', 'in', relations) | groupby('count_model') %}
{% for count_model, rows in counted %}
select kpis.kpi_id, kpis.variant, counts.unit_type, counts.unit_code,
    counts.period_type, counts.period_start, counts.period_end, counts.caliber,
    {{ summed(rows, 'numerator') }},
    {{ summed(rows, 'denominator') }},
    {{ summed(rows, 'sample_size') }},
    kpis.interval_method
from {{ relations[count_model] }} as counts
inner join kpis on counts.unit_type = kpis.unit_type and counts.period_type = kpis.period_type
    {%- if count_model == 'returns' %} and counts.kpi_id = kpis.kpi_id and counts.variant = kpis.variant{% endif %}
where kpis.count_model = '{{ count_model }}'
    {%- if due %} and (counts.period_type, counts.period_start) in (
    select due.period_type, due.period_start from {{ due }} as due where due.count_model = '{{ count_model }}'){% endif %}
{{ 'union all' if not loop.last }}
{%- else %}
select cast(null as {{ dbt.type_string() }}) as kpi_id
where 1 = 0
{%- endfor %}
{% endmacro %}

{#
  Rows of the contract with their kpi, count_model, numerator, denominator and sample_size, read from its seed when models
  are compiled, so that a KPI whose counts exist is one line in the seed. Outside a run (parsing) it is empty. A KPI without
  a grain would be counted nowhere, so it fails the build.
#}
{% macro contract_rows() %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set found = run_query(
        "select concat_ws('', contract.kpi_id, '/', contract.variant) as kpi, contract.count_model, contract.numerator, "
        ~ "contract.denominator, contract.sample_size, count(grains.kpi_id) as grain_count from " ~ ref('kpi_contract')
        ~ " as contract left join " ~ ref('kpi_grains') ~ " as grains on contract.kpi_id = grains.kpi_id "
        ~ "and contract.variant = grains.variant group by 1, 2, 3, 4, 5 order by kpi"
    ) %}
    {% for row in found.rows if not row['grain_count'] %}
        {{ exceptions.raise_compiler_error(
            'count ' ~ row['kpi'] ~ ': expected levels and periods in the seed kpi_grains, found none - write the seeds of the '
            ~ 'contract anew'
        ) }}
    {% endfor %}
    {% set rows = [] %}
    {% for row in found.rows if not var('only_kpis') or row['kpi'][0] in var('only_kpis').split() %}
        {% do rows.append({
            'kpi': row['kpi'], 'count_model': row['count_model'], 'numerator': row['numerator'],
            'denominator': row['denominator'], 'sample_size': row['sample_size'],
        }) %}
    {% endfor %}
    {{ return(rows) }}
{% endmacro %}

{# One of the three sums of the KPIs of a count model, as a column: what several KPIs have in common stands once. #}
{% macro summed(rows, part) -%}
    {%- set kpis_of = {} -%}
    {%- for row in rows -%}{%- do kpis_of.setdefault(row[part] or '', []).append(row.kpi) -%}{%- endfor -%}
    {%- if kpis_of | length <= 1 -%}
    cast({{ kpis_of.keys() | first or 'null' }} as decimal(18, 4)) as {{ part }}
    {%- else -%}
    case
        {%- for expression, kpis in kpis_of.items() if expression %}
        when kpis.kpi in ('{{ kpis | join("', '") }}') then cast({{ expression }} as decimal(18, 4))
        {%- endfor %}
    end as {{ part }}
    {%- endif -%}
{%- endmacro %}

{# Value and interval of rows made by counted_rows. #}
{% macro rated_columns() -%}
    numerator,
    denominator,
    sample_size,
    case
        when interval_method = 'none' then cast(numerator as double)
        when denominator > 0 then {{ rounded('cast(numerator as double) / cast(denominator as double)', 8) }}
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
