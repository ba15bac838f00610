-- One row per order and landed version of the city's own word on it.
with source as (
    select * from {{ source('raw', 'hotline__order_claims') }}
),

renamed as (
    select
        order_id,
        claimed_on_time as is_claimed_on_time,
        claimed_at,
        role as claim_role,
        updated_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
