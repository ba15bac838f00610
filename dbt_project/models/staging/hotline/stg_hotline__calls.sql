-- One row per call and landed version.
with source as (
    select * from {{ source('raw', 'hotline__calls') }}
),

renamed as (
    select
        call_id,
        direction,
        caller_key,
        agent_key,
        offered_at,
        answered_at,
        ended_at,
        updated_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
