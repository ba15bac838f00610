-- One row per landed row of the returned sheet proposals, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__proposals') }}
)

select
    delivered_on,
    report_period,
    row_number,
    proposal_code,
    proposal_kind,
    unit_code,
    assigned_on,
    due_on,
    answered_on,
    landed_date,
    landed_attempt,
    load_no
from source
