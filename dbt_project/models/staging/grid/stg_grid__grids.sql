-- One row per grid of the newest picture.
with source as (
    select * from {{ source('raw', 'grid__grids') }}
),

renamed as (
    select
        grid_code,
        community_code,
        street_code,
        household_count,
        active_from,
        active_to,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
