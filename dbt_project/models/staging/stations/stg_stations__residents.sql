-- One row per community and grid of the newest picture.
with source as (
    select * from {{ source('raw', 'stations__residents') }}
),

renamed as (
    select
        community_code,
        grid_code,
        resident_count,
        household_count,
        center_lon,
        center_lat,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
