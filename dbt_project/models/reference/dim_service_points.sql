-- One row per service point (服务点) that a list ever had, as the last one had it, with the places it lies in now.
with points as (
    {{ last_listed(ref('stg_stations__point_states'), 'station_code') }}
),

places as (
    select * from {{ ref('dim_places') }}
)

select
    points.station_code,
    points.station_name,
    points.station_kind,
    points.community_code,
    places.street_code,
    places.district_code
from points
left join places on points.community_code = places.place_code
