-- One row per quarter and department: the mean of its streets' scores with each street's severity taken out, as if
-- every street had rated every department. The standard error is exact where that is so, else slightly too small.
with severity as (
    select
        quarter_start,
        {{ ordered_sum('row_effect', 'street_code') }} / count(*) as mean_row_effect,
        count(*) as street_count
    from (
        select
            quarter_start,
            street_code,
            max(row_effect) as row_effect
        from {{ ref('int_rating_effects') }}
        group by quarter_start, street_code
    ) as by_street
    group by quarter_start
),

spread as (
    select
        quarter_start,
        {{ ordered_sum('residual * residual', 'residual') }} as residual_squares,
        count(*) as score_count,
        count(distinct unit_code) as unit_count
    from {{ ref('int_rating_effects') }}
    group by quarter_start
),

units as (
    select
        quarter_start,
        unit_code,
        max(grand_mean + column_effect) as unit_mean,
        count(*) as score_count
    from {{ ref('int_rating_effects') }}
    group by quarter_start, unit_code
)

select
    units.quarter_start,
    units.unit_code,
    units.score_count,
    {{ rounded('units.unit_mean + severity.mean_row_effect', 6) }} as mean_score,
    {% set degrees = 'spread.score_count - severity.street_count - spread.unit_count + 1' -%}
    case
        when {{ degrees }} > 0
            then {{ rounded('sqrt(spread.residual_squares / (' ~ degrees ~ ') / units.score_count)', 6) }}
    end as score_error
from units
inner join severity on units.quarter_start = severity.quarter_start
inner join spread on units.quarter_start = spread.quarter_start
