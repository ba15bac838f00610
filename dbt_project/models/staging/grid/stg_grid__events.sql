-- One row per grid event and landed version.
with source as (
    select * from {{ source('raw', 'grid__events') }}
),

renamed as (
    select
        event_id,
        grid_code,
        reporter_key,
        category_code,
        tier,
        reported_at,
        accepted_at,
        registered_at,
        due_at,
        handled_at,
        closed_at,
        unit_code,
        status,
        self_handled as is_self_handled,
        deferred_until,
        photo_hash,
        location_cell,
        updated_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
