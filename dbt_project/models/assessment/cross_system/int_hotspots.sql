-- One row per caliber and spell of a hotspot (place x matter): orders of 30 days reach the threshold, until they fall
-- below it. The spell is solved on the first day they are below, in the borders of that day; it has come back where
-- another begins within 90 days. What is kept out of the assessment makes no assessed hotspot.
with orders as (
    {% for caliber, condition in [('full', '1 = 1'), ('assessed', "assessment_scope <> 'excluded'")] -%}
    select
        '{{ caliber }}' as caliber,
        community_code,
        category_code,
        created_date,
        order_id
    from {{ ref('fct_work_orders') }}
    where
        community_code is not null
        and category_code is not null
        and not is_merged
        and {{ condition }}
        and created_date <= {{ business_date() }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

numbered as (
    select
        caliber,
        community_code,
        category_code,
        created_date,
        row_number() over (
            partition by caliber, community_code, category_code order by created_date, order_id
        ) as order_number,
        cast(ceil({{ parameter('hotspot_min_orders') }}) as integer) - 1 as more_needed
    from orders
),

-- what makes a hotspot with the order itself
counted as (
    select
        caliber,
        community_code,
        category_code,
        created_date,
        order_number + more_needed as reaching_number
    from numbered
),

-- with each order that makes as many as the threshold, it is a hotspot until the oldest of these is 30 days old
reached as (
    select
        numbered.caliber,
        numbered.community_code,
        numbered.category_code,
        numbered.created_date as hot_from,
        cast({{ dbt.dateadd('day', 30, 'oldest.created_date') }} as date) as hot_until
    from numbered
    inner join counted as oldest
        on
            numbered.caliber = oldest.caliber
            and numbered.community_code = oldest.community_code
            and numbered.category_code = oldest.category_code
            and numbered.order_number = oldest.reaching_number
            and numbered.created_date < {{ dbt.dateadd('day', 30, 'oldest.created_date') }}
),

-- later orders of a pair never end earlier: one that begins before the last end, or on that day, goes on with its spell
followed as (
    select
        *,
        lead(hot_from) over (
            partition by caliber, community_code, category_code order by hot_from, hot_until
        ) as next_from
    from reached
)

select
    ended.community_code,
    places.district_code,
    places.street_code,
    ended.category_code,
    ended.caliber,
    ended.hot_until as solved_on,
    coalesce(ended.next_from <= {{ dbt.dateadd('day', 90, 'ended.hot_until') }}, false) as has_come_back
from followed as ended
inner join {{ ref('dim_place_versions') }} as places
    on
        ended.community_code = places.place_code
        and {{ stands_on('places', 'ended.hot_until') }}
where
    ended.hot_until <= {{ business_date() }}
    and coalesce(ended.next_from > ended.hot_until, true)
