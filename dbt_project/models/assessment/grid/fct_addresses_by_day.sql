-- One row per day, unit and caliber: residential addresses and how many lie in one grid, in several (网格覆盖).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('addresses') }}") }}
with ranked as (
    select
        *,
        row_number() over (
            partition by coverage_date, community_code
            order by landed_date desc, landed_attempt desc
        ) as recency
    from {{ ref('stg_grid__address_coverage') }}
    where {{ in_days_to_count('addresses', 'coverage_date') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        ranked.coverage_date as day,
        places.district_code,
        places.street_code,
        places.place_code as community_code,
        '{{ caliber }}' as caliber,
        cast(sum(ranked.address_count) as integer) as address_count,
        cast(sum(ranked.covered_once_count) as integer) as covered_once_count,
        cast(sum(ranked.covered_many_count) as integer) as covered_many_count
    from ranked
    left join {{ ref('dim_place_versions') }} as places
        on
            ranked.community_code = places.place_code
            and {{ stands_on('places', 'ranked.coverage_date') }}
    where ranked.recency = 1
    group by
        ranked.coverage_date,
        places.district_code,
        places.street_code,
        places.place_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code')],
    measures=[
        'address_count',
        'covered_once_count',
        'covered_many_count',
    ]
) }}
