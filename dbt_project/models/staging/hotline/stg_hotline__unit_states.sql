-- One row per responsible unit and state that a picture showed first.
with source as (
    select * from {{ source('raw', 'hotline__units_states') }}
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
        seen_from,
        is_listed,
        landed_attempt,
        load_no
    from source
)

select * from renamed
