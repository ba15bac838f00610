-- One row per row of an order file that could not become an order, as the newest loading has them.
with source as (
    select * from {{ source('raw', 'hotline__load_rejects') }}
),

renamed as (
    select
        reject_id,
        created_at,
        due_at,
        closed_at,
        community_code,
        street_code,
        unit_code,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
