-- One row per day of the weeks whose tracked orders are counted again: every week, for an order that changed was open
-- in many.
select day from {{ ref('dim_days') }}
where
    day between (
        select min(tracked.created_date) from {{ ref('fct_work_orders') }} as tracked
        where tracked.tier = 'tracked'
    )
    and {{ business_date() }}
