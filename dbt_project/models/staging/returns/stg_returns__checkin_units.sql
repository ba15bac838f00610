-- One row per landed row of the returned sheet checkin_units, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__checkin_units') }}
)

select
    delivered_on,
    report_period,
    row_number,
    party_unit_code,
    street_code,
    obliged_count,
    checked_in_count,
    landed_date,
    landed_attempt,
    load_no
from source
