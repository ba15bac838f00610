-- One row per service item of the newest picture.
with source as (
    select * from {{ source('raw', 'stations__items') }}
),

renamed as (
    select
        item_code,
        name as item_name,
        is_personal,
        is_core,
        lowest_level,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
