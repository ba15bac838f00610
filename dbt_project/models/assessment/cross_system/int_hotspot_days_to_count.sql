-- One row per day of the quarters whose hotspots are counted again: an order changes spells up to 120 days before and
-- after it.
select day from {{ ref('dim_days') }}
where
    day between (
        select {{ dbt.dateadd('day', -120, 'min(changed.day)') }} from {{ ref('int_order_days_to_count') }} as changed
    )
    and {{ business_date() }}
