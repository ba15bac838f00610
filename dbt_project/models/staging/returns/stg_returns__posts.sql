-- One row per landed row of the returned sheet posts, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__posts') }}
)

select
    delivered_on,
    report_period,
    row_number,
    district_code,
    street_code,
    post_kind,
    grade,
    worker_count,
    graduate_count,
    left_count,
    promoted_count,
    recruited_count,
    landed_date,
    landed_attempt,
    load_no
from source
