-- One row per delivered workbook; is_current marks the one that counts of those about the same subject and period.
with landed as (
    select
        *,
        row_number() over (
            partition by workbook, report_period
            order by delivered_on desc, landed_date desc, landed_attempt desc
        ) as recency
    from {{ source('raw', 'returns__deliveries') }}
)

select
    workbook,
    report_period,
    report_from,
    report_to,
    delivered_on,
    digest,
    row_count,
    recency = 1 as is_current,
    landed_date,
    landed_attempt,
    load_no
from landed
