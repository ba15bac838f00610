{# Condition of what is written again: cells of KPIs whose counts were rebuilt in their period. #}
{% macro in_periods_to_publish() -%}
    (kpi_id, variant, period_type, period_start) in (
        select contract.kpi_id, contract.variant, due.period_type, due.period_start
        from {{ ref('kpi_periods_to_count') }} as due
        inner join {{ ref('kpi_contract') }} as contract on due.count_model = contract.count_model
    )
{%- endmacro %}

{#
  Condition: cells whose verdicts are given anew. `alias` names the relation where names would clash, `periods` the one
  that has the cell's period where that is another.
#}
{% macro in_periods_to_judge(alias=none, periods=none) -%}
    {%- set cell = alias ~ '.' if alias else '' -%}
    {%- set period = periods ~ '.' if periods else cell -%}
    ({{ cell }}kpi_id, {{ cell }}variant, {{ period }}period_type, {{ period }}period_start) in (
        select due.kpi_id, due.variant, due.period_type, due.period_start
        from {{ ref('kpi_periods_to_judge') }} as due
    )
{%- endmacro %}

{# Whether a cell gets its verdict in this build; all do where everything is judged anew. #}
{% macro is_judged_in_this_build(alias=none, periods=none) -%}
    {%- if execute and flags.FULL_REFRESH -%} true {%- else -%} {{ in_periods_to_judge(alias, periods) }} {%- endif -%}
{%- endmacro %}

{#
  Condition: cells that may be other ones than in the release before: judged in this build, or since the work file was last
  published. `alias` names the relation.
#}
{% macro may_differ_from_release(alias) -%}
    {%- if execute and flags.FULL_REFRESH -%} true
    {%- else -%}
    ({{ alias }}.kpi_id, {{ alias }}.variant, {{ alias }}.period_type, {{ alias }}.period_start) in (
        select due.kpi_id, due.variant, due.period_type, due.period_start
        from {{ ref('kpi_periods_to_judge') }} as due
        union all
        select since.kpi_id, since.variant, since.period_type, since.period_start
        from {{ source('raw', 'periods_since_release') }} as since
    )
    {%- endif -%}
{%- endmacro %}

{# Condition: series of months of which a finished one gets its verdicts anew, whichever: limits are made of several. #}
{% macro in_series_judged_anew(alias=none) -%}
    {%- set series = alias ~ '.' if alias else '' -%}
    ({{ series }}kpi_id, {{ series }}variant) in (
        select due.kpi_id, due.variant from {{ ref('kpi_periods_to_judge') }} as due
        where
            due.period_type = 'month'
            and {{ dbt.dateadd('month', 1, 'due.period_start') }} <= {{ dbt.dateadd('day', 1, business_date()) }}
    )
{%- endmacro %}

{# Condition of what is written again: scores of periods in which orders were counted again. #}
{% macro in_scheme_periods_to_count() -%}
    (period_type, period_start) in (
        select due.period_type, due.period_start from {{ ref('kpi_periods_to_count') }} as due
        where due.count_model = 'orders'
    )
{%- endmacro %}

{#
  95 % bounds of a counted cell. A share has Wilson's interval on its sample size, which may be smaller than its
  denominator where units are not independent; a count per device-day has the Poisson score interval
  (x + z^2/2 -+ z sqrt(x + z^2/4)) / n; a count of everything that is recorded has none.
#}
{% macro interval_bound(side) -%}
    {%- set z = '1.959963984540054' -%}
    {#- as doubles: the product of two large decimals does not fit into a decimal -#}
    {%- set share = 'cast(sample_size as double) * cast(numerator as double) / nullif(cast(denominator as double), 0)' -%}
    {%- set rate -%}
        (
            cast(numerator as double) + {{ z }} * {{ z }} / 2
            {{ '-' if side == 'low' else '+' }} {{ z }} * sqrt(cast(numerator as double) + {{ z }} * {{ z }} / 4)
        ) / cast(denominator as double)
    {%- endset -%}
    case
        when interval_method = 'wilson'
            then {{ wilson_low(share, 'sample_size') if side == 'low' else wilson_high(share, 'sample_size') }}
        when interval_method = 'poisson' and denominator > 0 then {{ rounded(rate, 8) }}
    end
{%- endmacro %}

{# Condition of what is written again: cells whose comparison with their own past is made anew. #}
{% macro in_periods_to_compare() -%}
    (kpi_id, variant, period_type, period_start) in (
        select due.kpi_id, due.variant, due.period_type, due.period_start
        from {{ ref('kpi_periods_to_compare') }} as due
    )
{%- endmacro %}
