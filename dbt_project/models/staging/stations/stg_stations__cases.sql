-- One row per case and landed version.
with source as (
    select * from {{ source('raw', 'stations__cases') }}
),

renamed as (
    select
        case_id,
        district_code,
        item_code,
        handling_level,
        is_agent_handled,
        station_code,
        applicant_key,
        accepted_at,
        promised_at,
        finished_at,
        review,
        updated_at,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
