{#
  Effects of a two-way layout: score = mean + row + column by least squares, found by alternately taking row means and
  column means out of the residuals, which converges to it where rows and columns are connected. Gives every score's
  group, row and column with grand_mean, row_effect, column_effect and residual.
    scores  relation with the columns named below
    sweeps  how often both means are taken out
#}
{% macro two_way_effects(scores, group, row, column, score, sweeps=8) %}
with sweep_0 as (
    select
        {{ group }},
        {{ row }},
        {{ column }},
        avg({{ score }}) over (partition by {{ group }}) as grand_mean,
        {{ score }} - avg({{ score }}) over (partition by {{ group }}) as residual,
        cast(0 as double) as row_effect,
        cast(0 as double) as column_effect
    from {{ scores }}
){% for number in range(sweeps) %},

rows_{{ number }} as (
    select
        {{ group }},
        {{ row }},
        {{ column }},
        grand_mean,
        residual - avg(residual) over (partition by {{ group }}, {{ row }}) as residual,
        row_effect + avg(residual) over (partition by {{ group }}, {{ row }}) as row_effect,
        column_effect
    from sweep_{{ number }}
),

sweep_{{ number + 1 }} as (
    select
        {{ group }},
        {{ row }},
        {{ column }},
        grand_mean,
        residual - avg(residual) over (partition by {{ group }}, {{ column }}) as residual,
        row_effect,
        column_effect + avg(residual) over (partition by {{ group }}, {{ column }}) as column_effect
    from rows_{{ number }}
){% endfor %}

select * from sweep_{{ sweeps }}
{% endmacro %}
