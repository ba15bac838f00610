-- One row per landed row of the returned sheet consultations, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__consultations') }}
)

select
    delivered_on,
    report_period,
    row_number,
    consultation_code,
    consultation_kind,
    street_code,
    held_on,
    conclusion_count,
    task_count,
    landed_date,
    landed_attempt,
    load_no
from source
