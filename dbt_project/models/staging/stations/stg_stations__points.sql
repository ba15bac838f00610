-- One row per service point of the newest picture.
with source as (
    select * from {{ source('raw', 'stations__points') }}
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
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
