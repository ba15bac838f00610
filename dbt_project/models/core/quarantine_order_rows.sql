-- One row per order that broke a record rule, and per row of an order file that could not become an order: what the
-- counts of orders lack. Files are read as a whole, so a row is of the first delivery on, however often they are loaded
-- again.
{{ config(materialized='view') }}
with deliveries as (
    select min(business_date) as first_date
    from {{ source('raw', 'loads') }}
    where source = 'hotline' and table_name = 'load_rejects'
),

rejects as (
    select
        rejects.*,
        places.district_code,
        deliveries.first_date
    from {{ ref('stg_hotline__load_rejects') }} as rejects
    cross join deliveries
    left join {{ ref('dim_places') }} as places
        on coalesce(rejects.community_code, rejects.street_code) = places.place_code
)

select
    order_id,
    rule_id,
    district_code,
    street_code,
    community_code,
    unit_code,
    is_answered_for,
    tier,
    channel,
    created_at,
    first_dispatched_at,
    due_at,
    answered_by_at,
    rule_unpaused_due_at,
    rule_paused_due_at,
    immediate_due_at,
    closed_at,
    callback_at,
    claimed_at,
    landed_date
from {{ ref('quarantine_work_orders') }}
union all
select
    reject_id as order_id,
    'L2-HOT-012' as rule_id,
    district_code,
    street_code,
    community_code,
    unit_code,
    true as is_answered_for,
    cast(null as {{ dbt.type_string() }}) as tier,
    cast(null as {{ dbt.type_string() }}) as channel,
    created_at,
    cast(null as timestamp) as first_dispatched_at,
    due_at,
    due_at as answered_by_at,
    cast(null as timestamp) as rule_unpaused_due_at,
    cast(null as timestamp) as rule_paused_due_at,
    cast(null as timestamp) as immediate_due_at,
    closed_at,
    cast(null as timestamp) as callback_at,
    cast(null as timestamp) as claimed_at,
    first_date as landed_date
from rejects
