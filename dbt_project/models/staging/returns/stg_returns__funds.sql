-- One row per landed row of the returned sheet funds, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__funds') }}
)

select
    delivered_on,
    report_period,
    row_number,
    year_start,
    fund_kind,
    district_code,
    community_code,
    budget_yuan,
    paid_yuan,
    landed_date,
    landed_attempt,
    load_no
from source
