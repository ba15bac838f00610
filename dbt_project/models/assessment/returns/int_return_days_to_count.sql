-- One row per day whose returns are counted again: all in which something was or is returned once a workbook with new
-- content came, else those that passed since the last build.
with new_content as (
    select count(*) as delivery_count
    from {{ ref('stg_returns__deliveries') }}
    where
        load_no > {{ var('built_load_no') }}
        and digest not in (
            select earlier.digest from {{ ref('stg_returns__deliveries') }} as earlier
            where earlier.load_no <= {{ var('built_load_no') }}
        )
),

-- a return sent again may take out what was oldest
touched as (
    select day from {{ ref('int_return_measures') }}
    union
    select day from {{ ref('int_return_days_before') }}
)

select touched.day
from touched
cross join new_content
where
    (new_content.delivery_count > 0 or touched.day > cast('{{ var("previous_business_date") }}' as date))
    and touched.day <= {{ business_date() }}
