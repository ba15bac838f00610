-- One row per service point (服务点), with the places it lies in.
with points as (
    select * from {{ source('raw', 'stations__points') }}
),

places as (
    select * from {{ ref('dim_places') }}
)

select
    points.station_code,
    points.name as station_name,
    points.kind as station_kind,
    points.community_code,
    places.street_code,
    places.district_code,
    points.lon,
    points.lat,
    points.opening_hours,
    points.item_count,
    points.active_from,
    points.active_to
from points
left join places on points.community_code = places.place_code
