-- One row per place and span of days in which neither it nor a place above it changed hands: to which street and
-- district it belonged then. ended_from is exclusive; a place that was dissolved keeps its last row.
with dated as (
    {{ dated_states(ref('stg_hotline__place_states'), 'place_code') }}
),

-- the organisation stands still between two days on which anything in it changed
spans as (
    select
        began_on,
        lead(began_on) over (order by began_on) as ended_from
    from (select distinct began_on from dated) as days -- many places change on one day
),

standing as (
    select
        spans.began_on,
        spans.ended_from,
        dated.place_code,
        dated.place_name,
        dated.place_level,
        dated.parent_code
    from spans
    inner join dated
        on {{ stands_on('dated', 'spans.began_on') }}
),

climbed as (
    select
        place.place_code,
        place.began_on,
        place.ended_from,
        place.place_name,
        place.place_level,
        place.parent_code,
        case
            when place.place_level = 'district' then place.place_code
            when parent.place_level = 'district' then parent.place_code
            when grandparent.place_level = 'district' then grandparent.place_code
        end as district_code,
        case
            when place.place_level = 'street' then place.place_code
            when parent.place_level = 'street' then parent.place_code
        end as street_code
    from standing as place
    left join standing as parent
        on place.parent_code = parent.place_code and place.began_on = parent.began_on
    left join standing as grandparent
        on parent.parent_code = grandparent.place_code and parent.began_on = grandparent.began_on
),

marked as (
    select
        *,
        case
            when
                coalesce(lag(district_code) over (partition by place_code order by began_on), '')
                = coalesce(district_code, '')
                and coalesce(lag(street_code) over (partition by place_code order by began_on), '')
                = coalesce(street_code, '')
                and lag(place_name) over (partition by place_code order by began_on) = place_name
                and lag(place_level) over (partition by place_code order by began_on) = place_level
                then 0
            else 1
        end as is_another
    from climbed
),

numbered as (
    select
        *,
        sum(is_another) over (partition by place_code order by began_on) as version_number
    from marked
)

select
    place_code,
    min(began_on) as began_on,
    case when count(*) = count(ended_from) then max(ended_from) end as ended_from,
    max(place_name) as place_name,
    max(place_level) as place_level,
    max(street_code) as street_code,
    max(district_code) as district_code
from numbered
group by place_code, version_number
