-- One row per case to judge again, with its item, its places by the borders of the day it was accepted and the first
-- record rule it breaks.
{{ config(materialized='view') }}
with cases as (
    select
        *,
        {{ place_date('accepted_at') }} as place_date
    from {{ ref('int_cases_latest') }}
    where case_id in (select case_id from {{ ref('int_cases_changed') }})
),

joined as (
    select
        cases.*,
        items.item_code as known_item_code,
        items.is_personal,
        points.station_code as known_station_code,
        points.community_code,
        coalesce(communities.street_code, points.street_code) as street_code,
        coalesce(communities.district_code, points.district_code, districts.place_code) as resolved_district_code
    from cases
    left join {{ ref('dim_items') }} as items
        on cases.item_code = items.item_code
    left join {{ ref('dim_service_points') }} as points
        on cases.station_code = points.station_code
    left join {{ ref('dim_place_versions') }} as communities
        on
            points.community_code = communities.place_code
            and {{ stands_on('communities', 'cases.place_date') }}
    left join {{ ref('dim_places') }} as districts
        on cases.district_code = districts.place_code
)

select
    *,
    {{ first_broken_rule([
        ('L2-STA-001', 'accepted_at is null'),
        ('L2-STA-002', is_implausible('accepted_at') ~ ' or ' ~ is_implausible('finished_at')),
        ('L2-STA-003', 'accepted_at > ' ~ as_of() ~ ' or finished_at > ' ~ as_of()),
        ('L2-STA-004', 'finished_at < accepted_at'),
        ('L2-STA-005', 'known_item_code is null'),
        ('L2-STA-006', 'station_code is not null and known_station_code is null'),
        ('L2-STA-007', 'handling_level is null'),
    ]) }} as broken_rule_id
from joined
