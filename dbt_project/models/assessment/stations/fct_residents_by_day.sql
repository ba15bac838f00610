-- One row per day, unit and caliber: residents and those who reach an open service point (15分钟政务服务圈).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('residents') }}") }}
with days as (
    select day
    from {{ ref('int_days_to_count') }}
    where count_model = 'residents'
),

reached as (
    select distinct -- several points within reach
        days.day,
        within.community_code,
        within.grid_code
    from days
    inner join {{ ref('bridge_residents_points') }} as within
        on
            {{ stands_on('within', 'days.day') }}
            and (within.active_from is null or days.day >= within.active_from)
            and (within.active_to is null or days.day < within.active_to)
),

standing as (
    select
        days.day,
        places.district_code,
        places.street_code,
        places.place_code as community_code,
        residents.resident_count,
        case when reached.day is not null then residents.resident_count else 0 end as reached_count
    from days
    inner join {{ ref('dim_resident_versions') }} as residents
        on {{ stands_on('residents', 'days.day') }}
    left join {{ ref('dim_place_versions') }} as places
        on
            residents.community_code = places.place_code
            and {{ stands_on('places', 'days.day') }}
    left join reached
        on
            days.day = reached.day
            and residents.community_code = reached.community_code
            and residents.grid_code = reached.grid_code
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        day,
        district_code,
        street_code,
        community_code,
        '{{ caliber }}' as caliber,
        cast(sum(resident_count) as integer) as resident_count,
        cast(sum(reached_count) as integer) as reached_count,
        cast(count(*) as integer) as cluster_count
    from standing
    group by
        day,
        district_code,
        street_code,
        community_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code')],
    measures=[
        'resident_count',
        'reached_count',
        'cluster_count',
    ]
) }}
