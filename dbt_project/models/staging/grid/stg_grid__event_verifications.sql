-- One row per verification of a grid event and landed version.
with source as (
    select * from {{ source('raw', 'grid__event_verifications') }}
),

renamed as (
    select
        event_id,
        verified_at,
        passed as is_passed,
        updated_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
