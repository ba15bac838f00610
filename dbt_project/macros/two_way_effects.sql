{#
  Effects of a two-way layout: score = mean + row + column by least squares. Gives every score's group, row and column with
  grand_mean, row_effect, column_effect and residual. A row's effect is the mean of what the columns leave of its scores,
  so the equations of the columns alone are solved, by conjugate gradients, each scaled by its number of scores (Hestenes
  and Stiefel 1952, Journal of Research of the National Bureau of Standards 49, 409-436): taking row and column means out
  in turn needs hundreds of sweeps where rows share few columns. Everything of a column stands at each of its scores, so
  sums over scores are the products of the method. Rows and columns that no chain of scores connects do not compare.
    scores  relation with the columns named below, a row and column once a group
    steps   how often the solution is improved; a group stands still once its rest is a thousand-millionth of a point
#}
{% macro two_way_effects(scores, group, row, column, score, steps=20) %}
{% set of_group = 'over (partition by ' ~ group ~ ')' %}
{% set of_row = 'over (partition by ' ~ group ~ ', ' ~ row ~ ')' %}
{% set of_column = 'over (partition by ' ~ group ~ ', ' ~ column ~ ')' %}
{% set key = group ~ ', ' ~ row ~ ', ' ~ column %}
with centred as (
    select
        {{ key }},
        avg({{ score }}) {{ of_group }} as grand_mean,
        cast({{ score }} - avg({{ score }}) {{ of_group }} as double) as deviation
    from {{ scores }}
),

without_rows as (
    select
        {{ key }},
        deviation - avg(deviation) {{ of_row }} as lacking
    from centred
),

begun as (
    select
        {{ key }},
        cast(0 as double) as column_effect,
        avg(lacking) {{ of_column }} as rest
    from without_rows
),

step_0 as (
    select
        *,
        rest as direction,
        sum(rest * rest) {{ of_group }} as squares
    from begun
){% for number in range(steps) %},

changed_{{ number }} as (
    select
        *,
        direction - avg(direction) {{ of_row }} as change
    from step_{{ number }}
),

answered_{{ number }} as (
    select
        *,
        avg(change) {{ of_column }} as answer
    from changed_{{ number }}
),

{# below that the rest is rounding, and so would be a step along it #}
measured_{{ number }} as (
    select
        *,
        case
            when squares > 1e-18 * count(*) {{ of_group }} then squares / sum(direction * answer) {{ of_group }}
            else 0
        end as length
    from answered_{{ number }}
),

moved_{{ number }} as (
    select
        {{ key }},
        column_effect + length * direction as column_effect,
        rest - length * answer as rest,
        direction,
        squares as squares_before,
        sum((rest - length * answer) * (rest - length * answer)) {{ of_group }} as squares
    from measured_{{ number }}
),

step_{{ number + 1 }} {{ as_kept() }} (
    select
        {{ key }},
        column_effect,
        rest,
        rest + case when squares_before > 0 then squares / squares_before else 0 end * direction as direction,
        squares
    from moved_{{ number }}
){% endfor %},

solved as (
    select
        {% for name in [group, row, column] -%}
        centred.{{ name }},
        {% endfor -%}
        centred.grand_mean,
        centred.deviation - solution.column_effect as left_by_columns,
        solution.column_effect
    from centred
    inner join step_{{ steps }} as solution
        on
            {% for name in [group, row, column] -%}
            centred.{{ name }} = solution.{{ name }}{{ ' and ' if not loop.last }}
            {% endfor %}
)

select
    {{ key }},
    grand_mean,
    left_by_columns - avg(left_by_columns) {{ of_row }} as residual,
    avg(left_by_columns) {{ of_row }} as row_effect,
    column_effect
from solved
{% endmacro %}

{# `as` of a CTE that is computed once and kept: a long chain of others takes DuckDB exponential time to plan. #}
{% macro as_kept() %}{{ return(adapter.dispatch('as_kept')()) }}{% endmacro %}

{% macro default__as_kept() -%} as {%- endmacro %}

{% macro duckdb__as_kept() -%} as materialized {%- endmacro %}
