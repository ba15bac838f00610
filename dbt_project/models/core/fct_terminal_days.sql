-- One row per self-service terminal and day (自助终端): planned and available minutes, cases done on it, by the borders of
-- that day.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="service_date in ({{ newly_landed(ref('stg_stations__terminals'), 'service_date') }})") }}
with terminals as (
    select * from {{ ref('stg_stations__terminals') }}
    where service_date in ({{ newly_landed(ref('stg_stations__terminals'), 'service_date') }})
),

ranked as (
    select
        *,
        row_number() over (
            partition by terminal_code, service_date
            order by landed_date desc, landed_attempt desc
        ) as recency
    from terminals
),

newest as (
    select * from ranked
    where recency = 1
)

select
    newest.terminal_code,
    newest.service_date,
    points.station_code,
    points.community_code,
    communities.street_code,
    communities.district_code,
    newest.planned_minutes,
    newest.available_minutes,
    newest.case_count
from newest
left join {{ ref('dim_service_points') }} as points
    on newest.station_code = points.station_code
left join {{ ref('dim_place_versions') }} as communities
    on
        points.community_code = communities.place_code
        and {{ stands_on('communities', 'newest.service_date') }}
