-- One row per community and street and what it belongs to by the borders of now: dissolved places go where their
-- successors went (at most four successions deep).
with places as (
    select * from {{ ref('dim_places') }}
),

followed as (
    select
        places.place_code,
        places.place_level,
        coalesce(fourth.place_code, third.place_code, second.place_code, first.place_code, places.place_code)
            as successor_code
    from places
    left join places as first
        on places.successor_code = first.place_code and places.place_level = first.place_level
    left join places as second
        on first.successor_code = second.place_code and first.place_level = second.place_level
    left join places as third
        on second.successor_code = third.place_code and second.place_level = third.place_level
    left join places as fourth
        on third.successor_code = fourth.place_code and third.place_level = fourth.place_level
)

select
    followed.place_code,
    followed.place_level,
    case when followed.place_level = 'community' then followed.successor_code end as community_code,
    coalesce(streets.successor_code, successors.street_code) as street_code,
    coalesce(parents.district_code, successors.district_code) as district_code
from followed
inner join places as successors
    on followed.successor_code = successors.place_code
left join followed as streets
    on successors.street_code = streets.place_code
left join places as parents
    on streets.successor_code = parents.place_code
where followed.place_level in ('street', 'community')
