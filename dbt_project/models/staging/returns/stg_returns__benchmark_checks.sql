-- One row per landed row of the returned sheet benchmark_checks, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__benchmark_checks') }}
)

select
    delivered_on,
    report_period,
    row_number,
    year_start,
    community_code,
    check_group,
    indicator_number,
    is_passed,
    landed_date,
    landed_attempt,
    load_no
from source
