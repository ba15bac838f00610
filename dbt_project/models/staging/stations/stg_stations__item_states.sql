-- One row per service item and state that a picture showed first; that it is listed no more is a state too.
with source as (
    select * from {{ source('raw', 'stations__items_states') }}
),

renamed as (
    select
        item_code,
        name as item_name,
        is_personal,
        is_core,
        lowest_level,
        seen_from,
        is_listed,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
