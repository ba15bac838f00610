-- One row per landed row of the returned sheet studios, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__studios') }}
)

select
    delivered_on,
    report_period,
    row_number,
    studio_code,
    community_code,
    quarter_start,
    reception_count,
    landed_date,
    landed_attempt,
    load_no
from source
