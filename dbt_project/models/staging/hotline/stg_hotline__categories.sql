-- One row per category of orders, as the newest list has it.
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
