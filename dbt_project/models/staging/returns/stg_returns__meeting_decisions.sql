-- One row per landed row of the returned sheet meeting_decisions, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__meeting_decisions') }}
)

select
    delivered_on,
    report_period,
    row_number,
    decision_code,
    meeting_code,
    due_on,
    done_on,
    landed_date,
    landed_attempt,
    load_no
from source
