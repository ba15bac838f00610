-- One row per landed row of the returned sheet survey_waves, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__survey_waves') }}
)

select
    delivered_on,
    report_period,
    row_number,
    half_year_start,
    domain,
    district_code,
    contacted_count,
    valid_count,
    mean_score,
    score_deviation,
    satisfied_count,
    landed_date,
    landed_attempt,
    load_no
from source
