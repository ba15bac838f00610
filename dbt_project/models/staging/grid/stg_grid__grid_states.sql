-- One row per grid and state that a picture showed first; that it is listed no more is a state too.
with source as (
    select * from {{ source('raw', 'grid__grids_states') }}
),

renamed as (
    select
        grid_code,
        community_code,
        street_code,
        household_count,
        active_from,
        active_to,
        seen_from,
        is_listed,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
