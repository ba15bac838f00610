-- One row per caliber and spell of a hotspot (place x matter): orders of 30 days reach the threshold, until they fall
-- below it. The spell is solved on the first day they are below, in the borders of that day; it has come back where
-- another begins within 90 days. What is kept out of the assessment makes no assessed hotspot.
with daily as (
    {% for caliber, condition in [('full', '1 = 1'), ('assessed', "assessment_scope <> 'excluded'")] -%}
    select
        '{{ caliber }}' as caliber,
        community_code,
        category_code,
        created_date as day,
        count(*) as order_count
    from {{ ref('fct_work_orders') }}
    where community_code is not null and category_code is not null and not is_merged and {{ condition }}
    group by community_code, category_code, created_date
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- an order adds to its day and is gone 30 days later: between such days the sum stands still
changes as (
    select
        caliber,
        community_code,
        category_code,
        day,
        order_count as change
    from daily
    union all
    select
        caliber,
        community_code,
        category_code,
        cast({{ dbt.dateadd('day', 30, 'day') }} as date) as day,
        -order_count as change
    from daily
),

by_day as (
    select
        caliber,
        community_code,
        category_code,
        day,
        sum(change) as change
    from changes
    group by caliber, community_code, category_code, day
),

summed as (
    select
        caliber,
        community_code,
        category_code,
        day,
        sum(change) over (partition by caliber, community_code, category_code order by day) as recent_count
    from by_day
    where day <= {{ business_date() }}
),

switched as (
    select
        caliber,
        community_code,
        category_code,
        day,
        recent_count >= {{ parameter('hotspot_min_orders') }} as is_hot,
        coalesce(
            lag(recent_count) over (partition by caliber, community_code, category_code order by day), 0
        ) >= {{ parameter('hotspot_min_orders') }} as was_hot
    from summed
),

spells as (
    select
        caliber,
        community_code,
        category_code,
        day,
        is_hot,
        lead(day) over (partition by caliber, community_code, category_code order by day) as next_switch_on
    from switched
    where is_hot <> was_hot
)

select
    spells.community_code,
    places.district_code,
    places.street_code,
    spells.category_code,
    spells.caliber,
    spells.day as solved_on,
    coalesce(
        spells.next_switch_on <= {{ dbt.dateadd('day', 90, 'spells.day') }}, false
    ) as has_come_back
from spells
inner join {{ ref('dim_place_versions') }} as places
    on
        spells.community_code = places.place_code
        and {{ stands_on('places', 'spells.day') }}
where not spells.is_hot
