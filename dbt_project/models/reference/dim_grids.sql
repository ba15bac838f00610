-- One row per patrolled grid, with the places it lies in.
with grids as (
    select * from {{ source('raw', 'grid__grids') }}
),

places as (
    select * from {{ ref('dim_places') }}
)

select
    grids.grid_code,
    grids.community_code,
    coalesce(communities.street_code, grids.street_code) as street_code,
    coalesce(communities.district_code, streets.district_code) as district_code,
    grids.household_count,
    grids.active_from,
    grids.active_to
from grids
left join places as communities on grids.community_code = communities.place_code
left join places as streets on grids.street_code = streets.place_code
