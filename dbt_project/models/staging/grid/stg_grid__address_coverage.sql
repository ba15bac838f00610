-- One row per community and day and landed version.
with source as (
    select * from {{ source('raw', 'grid__address_coverage') }}
),

renamed as (
    select
        coverage_date,
        community_code,
        address_count,
        covered_once_count,
        covered_many_count,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
