-- One row per responsible unit of the newest picture.
with source as (
    select * from {{ source('raw', 'hotline__units') }}
),

renamed as (
    select
        unit_code,
        name as unit_name,
        kind as unit_kind,
        place_code,
        parent_code,
        valid_from,
        valid_to,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
