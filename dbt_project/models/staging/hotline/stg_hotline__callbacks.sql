-- One row per call-back attempt and landed version.
with source as (
    select * from {{ source('raw', 'hotline__callbacks') }}
),

renamed as (
    select
        callback_id,
        order_id,
        attempt_no,
        called_at,
        interviewer_key,
        reached as is_reached,
        is_valid,
        invalid_reason,
        contacted as is_contacted,
        resolved as is_resolved,
        satisfaction,
        recorded_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
