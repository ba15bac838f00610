-- One row per day, unit and caliber: registered accounts of the app and those with a verified action (终端日活).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('worker_activity') }}") }}
with ranked as (
    select
        *,
        row_number() over (
            partition by activity_date, grid_code
            order by landed_date desc, landed_attempt desc
        ) as recency
    from {{ ref('stg_grid__worker_activity') }}
    where {{ in_days_to_count('worker_activity', 'activity_date') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        ranked.activity_date as day,
        coalesce(communities.district_code, streets.district_code) as district_code,
        coalesce(communities.street_code, streets.street_code) as street_code,
        '{{ caliber }}' as caliber,
        cast(sum(ranked.registered_count) as integer) as registered_count,
        -- a grid that reports more active accounts than it has is taken at what it has
        cast(sum(least(ranked.active_count, ranked.registered_count)) as integer) as active_count
    from ranked
    left join {{ ref('dim_grids') }} as grids
        on ranked.grid_code = grids.grid_code
    {{ join_places_of_day('grids', 'ranked.activity_date') }}
    where ranked.recency = 1
    group by
        ranked.activity_date,
        coalesce(communities.district_code, streets.district_code),
        coalesce(communities.street_code, streets.street_code)
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code')],
    measures=[
        'registered_count',
        'active_count',
    ]
) }}
