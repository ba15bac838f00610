-- One row per order and landed version.
with source as (
    select * from {{ source('raw', 'hotline__work_orders') }}
),

renamed as (
    select
        order_id,
        created_at,
        channel,
        demand_type,
        category_code,
        tier,
        assessment_scope,
        caller_key,
        location_cell,
        content_length,
        content_hash,
        community_code,
        street_code,
        unit_code,
        parent_order_id,
        due_at,
        replied_at,
        closed_at,
        closure_code,
        status,
        updated_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
