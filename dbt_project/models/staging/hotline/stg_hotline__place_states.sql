-- One row per place and state that a picture showed first.
with source as (
    select * from {{ source('raw', 'hotline__places_states') }}
),

renamed as (
    select
        place_code,
        name as place_name,
        level as place_level,
        parent_code,
        resident_count,
        valid_from,
        valid_to,
        successor_code,
        seen_from,
        is_listed,
        landed_attempt,
        load_no
    from source
)

select * from renamed
