-- One row per unit whose days counted elsewhere by the borders of then, and where they are added (sign 1) or taken away
-- (sign -1) to read them by the borders of now. Counts are additive, so a border moves figures without going back to
-- the records: a dissolved street goes as a whole, a community that moved otherwise than its street is set right by
-- itself. ended_from is exclusive.
with streets as (
    select
        versions.place_code,
        versions.began_on,
        versions.ended_from,
        versions.district_code as district_then,
        current_places.street_code as street_now,
        current_places.district_code as district_now
    from {{ ref('dim_place_versions') }} as versions
    inner join {{ ref('bridge_places_now') }} as current_places
        on versions.place_code = current_places.place_code
    where versions.place_level = 'street'
),

communities as (
    select
        versions.place_code,
        versions.began_on,
        versions.ended_from,
        current_places.community_code as community_now,
        current_places.street_code as street_now,
        current_places.district_code as district_now,
        -- where the street of then has taken its days already
        coalesce(street_then.street_code, versions.street_code) as street_followed,
        coalesce(street_then.district_code, versions.district_code) as district_followed
    from {{ ref('dim_place_versions') }} as versions
    inner join {{ ref('bridge_places_now') }} as current_places
        on versions.place_code = current_places.place_code
    left join {{ ref('bridge_places_now') }} as street_then
        on versions.street_code = street_then.place_code
    where versions.place_level = 'community'
),

moves as (
    select
        'street' as from_type,
        place_code as from_code,
        began_on,
        ended_from,
        'street' as to_type,
        place_code as code_then,
        street_now as code_now
    from streets
    union all
    select
        'street' as from_type,
        place_code as from_code,
        began_on,
        ended_from,
        'district' as to_type,
        district_then as code_then,
        district_now as code_now
    from streets
    {% for level, then in [
        ('community', 'place_code'), ('street', 'street_followed'), ('district', 'district_followed')
    ] %}
    union all
    select
        'community' as from_type,
        place_code as from_code,
        began_on,
        ended_from,
        '{{ level }}' as to_type,
        {{ then }} as code_then,
        {{ level }}_now as code_now
    from communities
    {% endfor %}
)

{% for sign, code in [(1, 'code_now'), (-1, 'code_then')] %}
select
    from_type,
    from_code,
    began_on,
    ended_from,
    to_type,
    {{ code }} as to_code,
    {{ sign }} as sign
from moves
where code_then <> code_now
{{ 'union all' if not loop.last }}
{% endfor %}
