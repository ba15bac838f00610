-- One row per terminal and day and landed version.
with source as (
    select * from {{ source('raw', 'stations__terminals') }}
),

renamed as (
    select
        service_date,
        terminal_code,
        station_code,
        planned_minutes,
        available_minutes,
        case_count,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
