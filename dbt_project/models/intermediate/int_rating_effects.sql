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

select * from (
    {{ two_way_effects('scores', 'quarter_start', 'street_code', 'unit_code', 'score') }}
) as effects
