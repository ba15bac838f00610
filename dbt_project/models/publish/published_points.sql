-- One row per grid and service point, for joining names and places to published cells.
select
    'grid' as unit_type,
    grid_code as unit_code,
    cast(null as {{ dbt.type_string() }}) as unit_name,
    community_code,
    street_code,
    district_code
from {{ ref('dim_grids') }}
union all
select
    'point' as unit_type,
    station_code as unit_code,
    station_name as unit_name,
    community_code,
    street_code,
    district_code
from {{ ref('dim_service_points') }}
