-- One row per day, unit and caliber: grids active on that day and those of conforming size (网格规模).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('grids') }}") }}
with active as (
    select
        days.day,
        coalesce(communities.district_code, streets.district_code) as district_code,
        coalesce(communities.street_code, streets.street_code) as street_code,
        grids.household_count between {{ parameter('grid_households_low') }}
        and {{ parameter('grid_households_high') }} as is_conforming
    from {{ ref('int_days_to_count') }} as days
    inner join {{ ref('dim_grid_versions') }} as grids
        on
            {{ stands_on('grids', 'days.day') }}
            and (grids.active_from is null or days.day >= grids.active_from)
            and (grids.active_to is null or days.day < grids.active_to)
    {{ join_places_of_day('grids', 'days.day') }}
    where days.count_model = 'grids'
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        day,
        district_code,
        street_code,
        '{{ caliber }}' as caliber,
        cast(count(*) as integer) as grid_count,
        {{ count_where('is_conforming') }} as conforming_count
    from active
    group by
        day,
        district_code,
        street_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code')],
    measures=[
        'grid_count',
        'conforming_count',
    ]
) }}
