-- One row per order event and landed version.
with source as (
    select * from {{ source('raw', 'hotline__order_events') }}
),

renamed as (
    select
        event_id,
        order_id,
        event_type,
        occurred_at,
        recorded_at,
        unit_code,
        from_value,
        to_value,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
