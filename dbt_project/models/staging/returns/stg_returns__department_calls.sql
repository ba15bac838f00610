-- One row per landed row of the returned sheet department_calls, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__department_calls') }}
)

select
    delivered_on,
    report_period,
    row_number,
    call_code,
    street_code,
    unit_code,
    called_at,
    required_at,
    arrived_at,
    landed_date,
    landed_attempt,
    load_no
from source
