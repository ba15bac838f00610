-- One row per grid and day and landed version.
with source as (
    select * from {{ source('raw', 'grid__worker_activity') }}
),

renamed as (
    select
        activity_date,
        grid_code,
        registered_count,
        active_count,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
