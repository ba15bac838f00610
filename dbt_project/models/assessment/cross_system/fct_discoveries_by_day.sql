-- One row per day, unit and caliber: orders of matters that the grids patrol, and those of which no grid event of the
-- same community and matter had told in the seven days before.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('discoveries') }}") }}
with orders as (
    select
        order_id,
        created_at as happened_at,
        created_date as day,
        district_code,
        street_code,
        community_code,
        category_code,
        assessment_scope
    from {{ ref('fct_work_orders') }}
    where
        {{ in_days_to_count('discoveries', 'created_date') }}
        and community_code is not null
        -- before the first week of events nobody could have been first
        and created_date >= (
            select {{ dbt.dateadd('day', 7, 'min(known.reported_date)') }} from {{ ref('fct_grid_events') }} as known
        )
        and not is_merged
        and category_code in (select distinct patrolled.category_code from {{ ref('fct_grid_events') }} as patrolled)
),

moments as (
    select
        order_id,
        community_code,
        category_code,
        happened_at,
        cast(null as timestamp) as reported_at
    from orders
    union all
    select
        cast(null as {{ dbt.type_string() }}) as order_id,
        community_code,
        category_code,
        reported_at as happened_at,
        reported_at
    from {{ ref('fct_grid_events') }}
    where
        not is_void
        and reported_date between (
            select {{ dbt.dateadd('day', -8, 'min(days.day)') }} from {{ ref('int_days_to_count') }} as days
            where days.count_model = 'discoveries'
        ) and {{ business_date() }}
),

-- an event of the same moment came first
seen as (
    select
        order_id,
        happened_at,
        max(reported_at) over (partition by community_code, category_code order by happened_at) as last_reported_at
    from moments
),

compared as (
    select
        orders.*,
        coalesce(seen.last_reported_at < {{ dbt.dateadd('day', -7, 'orders.happened_at') }}, true)
            as is_first_told_by_public
    from orders
    inner join seen on orders.order_id = seen.order_id
),

counted as (
    {% for caliber, condition in [('full', '1 = 1'), ('assessed', "assessment_scope <> 'excluded'")] %}
    select
        day,
        district_code,
        street_code,
        community_code,
        '{{ caliber }}' as caliber,
        cast(count(*) as integer) as patrolled_order_count,
        {{ count_where('is_first_told_by_public') }} as public_first_count
    from compared
    where {{ condition }}
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
        'patrolled_order_count',
        'public_first_count',
    ]
) }}
