-- One row per landed row of the returned sheet department_ratings, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__department_ratings') }}
)

select
    delivered_on,
    report_period,
    row_number,
    quarter_start,
    street_code,
    unit_code,
    score,
    landed_date,
    landed_attempt,
    load_no
from source
