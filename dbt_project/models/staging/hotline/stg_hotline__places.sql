-- One row per place of the newest picture.
with source as (
    select * from {{ source('raw', 'hotline__places') }}
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
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
