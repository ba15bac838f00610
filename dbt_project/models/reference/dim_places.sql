-- One row per place: city, districts, streets, communities, each with all the places above it.
with places as (
    select
        place_code,
        name as place_name,
        level as place_level,
        parent_code,
        resident_count,
        valid_from,
        valid_to,
        successor_code
    from {{ source('raw', 'hotline__places') }}
),

climbed as (
    select
        place.place_code,
        place.place_name,
        place.place_level,
        place.parent_code,
        place.resident_count,
        place.valid_from,
        place.valid_to,
        place.successor_code,
        parent.place_code as parent_1_code,
        parent.place_level as parent_1_level,
        grandparent.place_code as parent_2_code,
        grandparent.place_level as parent_2_level
    from places as place
    left join places as parent on place.parent_code = parent.place_code
    left join places as grandparent on parent.parent_code = grandparent.place_code
)

select
    place_code,
    place_name,
    place_level,
    parent_code,
    case
        when place_level = 'district' then place_code
        when parent_1_level = 'district' then parent_1_code
        when parent_2_level = 'district' then parent_2_code
    end as district_code,
    case
        when place_level = 'street' then place_code
        when parent_1_level = 'street' then parent_1_code
    end as street_code,
    case when place_level = 'community' then place_code end as community_code,
    resident_count,
    valid_from,
    valid_to,
    successor_code
from climbed
