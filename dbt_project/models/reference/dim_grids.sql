-- One row per patrolled grid that a list ever had, as the last one had it, with the places it lies in now.
with grids as (
    {{ last_listed(ref('stg_grid__grid_states'), 'grid_code') }}
),

places as (
    select * from {{ ref('dim_places') }}
)

select
    grids.grid_code,
    grids.community_code,
    coalesce(communities.street_code, grids.street_code) as street_code,
    coalesce(communities.district_code, streets.district_code) as district_code
from grids
left join places as communities on grids.community_code = communities.place_code
left join places as streets on grids.street_code = streets.place_code
