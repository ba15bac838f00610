-- One row per landed row of the returned sheet checkin_members, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__checkin_members') }}
)

select
    delivered_on,
    report_period,
    row_number,
    street_code,
    obliged_count,
    checked_in_count,
    landed_date,
    landed_attempt,
    load_no
from source
