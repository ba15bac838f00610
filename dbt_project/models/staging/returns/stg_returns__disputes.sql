-- One row per landed row of the returned sheet disputes, every delivery of it.
with source as (
    select * from {{ source('raw', 'returns__disputes') }}
)

select
    delivered_on,
    report_period,
    row_number,
    order_id,
    started_at,
    settled_at,
    landed_date,
    landed_attempt,
    load_no
from source
