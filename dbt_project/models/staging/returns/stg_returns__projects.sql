-- One row per landed row of the returned sheet projects, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__projects') }}
)

select
    delivered_on,
    report_period,
    row_number,
    project_code,
    project_kind,
    district_code,
    year_start,
    planned_amount,
    done_amount,
    measure_unit,
    accepted_on,
    landed_date,
    landed_attempt,
    load_no
from source
