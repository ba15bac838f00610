-- One row per day of the weeks whose tracked orders are counted again: every week, for an order that changed was open
-- in many. They begin with the first order that ever landed, so that a week which lost its only order is cleared.
select day from {{ ref('dim_days') }}
where
    day between (
        select min({{ local_date('landed.created_at') }}) from {{ ref('stg_hotline__work_orders') }} as landed
    )
    and {{ business_date() }}
