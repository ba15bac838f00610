-- One row per community and grid of residents and state that a picture showed first; that it is listed no more is a
-- state too.
with source as (
    select * from {{ source('raw', 'stations__residents_states') }}
),

renamed as (
    select
        community_code,
        grid_code,
        resident_count,
        center_lon,
        center_lat,
        seen_from,
        is_listed,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
