-- One row per landed row of the returned sheet meetings, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__meetings') }}
)

select
    delivered_on,
    report_period,
    row_number,
    meeting_code,
    street_code,
    held_on,
    has_minutes,
    landed_date,
    landed_attempt,
    load_no
from source
