-- One row per landed row of the returned sheet needs, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__needs') }}
)

select
    delivered_on,
    report_period,
    row_number,
    need_code,
    community_code,
    posted_on,
    matched_on,
    done_on,
    landed_date,
    landed_attempt,
    load_no
from source
