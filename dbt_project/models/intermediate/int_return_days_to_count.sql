-- One row per day whose returns are counted again: all up to the business date once a workbook with new content came,
-- else none.
with new_content as (
    select count(*) as delivery_count
    from {{ ref('stg_returns__deliveries') }}
    where
        load_no > {{ var('built_load_no') }}
        and digest not in (
            select earlier.digest from {{ ref('stg_returns__deliveries') }} as earlier
            where earlier.load_no <= {{ var('built_load_no') }}
        )
)

select days.day
from {{ ref('dim_days') }} as days
cross join new_content
where
    new_content.delivery_count > 0
    and days.day between (select min(measures.day) from {{ ref('int_return_measures') }} as measures)
    and {{ business_date() }}
