-- One row per landed row of the returned sheet opinions, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__opinions') }}
)

select
    delivered_on,
    report_period,
    row_number,
    opinion_code,
    street_code,
    received_on,
    has_outcome,
    told_on,
    landed_date,
    landed_attempt,
    load_no
from source
