-- One row per community and grid of residents, service point with enough items within a walk (15分钟政务服务圈) and span
-- of days in which both stood so: the great-circle distance (haversine, earth radius 6371 km) times a detour factor,
-- from the middle of the grid.
with residents as (
    select
        community_code,
        grid_code,
        began_on,
        ended_from,
        center_lon,
        center_lat
    from {{ ref('dim_resident_versions') }}
    where center_lon is not null and center_lat is not null
),

points as (
    select
        station_code,
        began_on,
        ended_from,
        lon,
        lat,
        active_from,
        active_to
    from {{ ref('dim_service_point_versions') }}
    where
        lon is not null
        and lat is not null
        and item_count >= {{ parameter('circle_min_items') }}
),

-- a degree of latitude is 111 km: what lies further off than the walk need not be measured
near as (
    select
        residents.community_code,
        residents.grid_code,
        points.station_code,
        greatest(residents.began_on, points.began_on) as began_on,
        case
            when residents.ended_from is null or points.ended_from < residents.ended_from then points.ended_from
            else residents.ended_from
        end as ended_from,
        points.active_from,
        points.active_to,
        2 * 6371000 * asin(sqrt(least(
            1.0,
            power(sin(radians(points.lat - residents.center_lat) / 2), 2)
            + cos(radians(residents.center_lat)) * cos(radians(points.lat))
            * power(sin(radians(points.lon - residents.center_lon) / 2), 2)
        ))) as distance_metres
    from residents
    inner join points
        on
            abs(points.lat - residents.center_lat) <= {{ walk_metres() }} / 110000.0
            and (residents.ended_from is null or residents.ended_from > points.began_on)
            and (points.ended_from is null or residents.began_on < points.ended_from)
)

select
    community_code,
    grid_code,
    station_code,
    began_on,
    ended_from,
    active_from,
    active_to,
    round(distance_metres) as distance_metres
from near
where distance_metres * {{ parameter('walk_detour_factor') }} <= {{ walk_metres() }}
