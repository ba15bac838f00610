-- One row per category of the newest picture.
with source as (
    select * from {{ source('raw', 'hotline__categories') }}
),

renamed as (
    select
        category_code,
        name as category_name,
        parent_code,
        theme,
        landed_date,
        landed_attempt,
        load_no
    from source
)

select * from renamed
