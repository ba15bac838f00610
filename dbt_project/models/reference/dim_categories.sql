-- One row per category of demand, with its livelihood theme.
select
    category_code,
    category_name,
    parent_code,
    theme
from {{ ref('stg_hotline__categories') }}
