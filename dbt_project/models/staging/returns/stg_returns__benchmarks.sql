-- One row per landed row of the returned sheet benchmarks, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__benchmarks') }}
)

select
    delivered_on,
    report_period,
    row_number,
    community_code,
    named_year_start,
    rechecked_year_start,
    is_retained,
    landed_date,
    landed_attempt,
    load_no
from source
