-- One row per service point and state that a picture showed first; that it is listed no more is a state too.
with source as (
    select * from {{ source('raw', 'stations__points_states') }}
),

renamed as (
    select
        station_code,
        name as station_name,
        kind as station_kind,
        community_code,
        lon,
        lat,
        opening_hours,
        item_count,
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
