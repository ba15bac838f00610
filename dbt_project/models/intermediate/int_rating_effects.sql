-- One row per score that a street gave a department in a quarter: the severity of the street, the effect of the
-- department.
with scores as (
    select
        quarter_start,
        street_code,
        unit_code,
        score
    from {{ ref('int_returned_department_ratings') }}
    where broken_rule is null
)

-- rounded: the last digits of sums over many scores hang on the order of adding
select
    quarter_start,
    street_code,
    unit_code,
    round(grand_mean, 9) as grand_mean,
    round(residual, 9) + 0.0 as residual, -- not a negative zero
    round(row_effect, 9) as row_effect,
    round(column_effect, 9) as column_effect
from (
    {{ two_way_effects('scores', 'quarter_start', 'street_code', 'unit_code', 'score') }}
) as effects
