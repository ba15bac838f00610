-- One row per landed row of the returned sheet checkin_feedback, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__checkin_feedback') }}
)

select
    delivered_on,
    report_period,
    row_number,
    street_code,
    checkin_count,
    community_report_count,
    unit_report_count,
    landed_date,
    landed_attempt,
    load_no
from source
