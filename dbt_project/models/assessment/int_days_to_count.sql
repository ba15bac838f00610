-- One row per count model and day whose counts are written again in this build: the days in which a changed record
-- counted until now or counts from now on, and the days that the clock has passed since the last build.
with passed as (
    select day
    from {{ ref('dim_days') }}
    where day > cast('{{ var("previous_business_date") }}' as date)
),

deliveries as (
    select min(business_date) as first_date
    from {{ source('raw', 'loads') }}
),

-- days on which stocks (grids, items) stand: from the first delivery on
stood as (
    select days.day
    from {{ ref('dim_days') }} as days
    inner join deliveries
        on days.day between deliveries.first_date and {{ business_date() }}
    {% if var('built_load_no') | int > 0 -%}
    where days.day > cast('{{ var("previous_business_date") }}' as date)
    {%- endif %}
),

orders as (
    {{ touched_days(ref('int_orders_changed'), ref('fct_work_orders'), 'order_id', order_dates()) }}
    union
    select day from passed
),

calls as (
    {{ touched_days(ref('int_calls_changed'), ref('fct_calls'), 'call_id', ['call_date']) }}
    union
    select day from passed
),

grid_events as (
    {{ touched_days(ref('int_grid_events_changed'), ref('fct_grid_events'), 'event_id', grid_event_dates()) }}
    union
    select day from passed
),

cases as (
    {{ touched_days(ref('int_cases_changed'), ref('fct_cases'), 'case_id', ['finished_date']) }}
    union
    select day from passed
),

verifications as (
    select day
    from {{ ref('int_counted_days_before') }}
    where count_model = 'verifications'
    union
    select verified_date as day
    from {{ ref('fct_event_verification_days') }}
    where event_id in (select changed.event_id from {{ ref('int_grid_events_changed') }} as changed)
    union
    select day from passed
),

-- a window of 24 hours ends on the day of a call or on the next
answer_minimum as (
    select day from calls
    union
    select cast({{ dbt.dateadd('day', 1, 'day') }} as date) as day
    from calls
),

-- a figure may be landed ahead of its day: then it counts once its day has passed
{% for count_model, staging, day in [
    ('terminals', ref('stg_stations__terminals'), 'service_date'),
    ('worker_activity', ref('stg_grid__worker_activity'), 'activity_date'),
    ('addresses', ref('stg_grid__address_coverage'), 'coverage_date'),
] -%}
{{ count_model }} as (
    select {{ day }} as day
    from {{ staging }}
    where load_no > {{ var('built_load_no') }}
    union
    select day from stood
),

{% endfor -%}
-- an order that changed was or is open in the weeks since its creation, and a step counts in those since it was taken,
-- by what is known of it now or was before
tracked_since as (
    select min(day) as day from (
        select created_date as day from {{ ref('int_orders_changed') }}
        union all
        select created_date as day from {{ ref('fct_work_orders') }}
        where order_id in (select changed.order_id from {{ ref('int_orders_changed') }} as changed)
        union all
        select {{ local_date('occurred_at') }} as day from {{ ref('stg_hotline__order_events') }}
        where event_id in ({{ newly_landed(ref('stg_hotline__order_events'), 'event_id') }})
        union all
        select min(passed.day) as day from passed
    ) as touched
),

tracked_orders as (
    select days.day
    from {{ ref('dim_days') }} as days
    where days.day >= (select tracked_since.day from tracked_since)
),

-- an order changes spells of a hotspot up to 120 days before and after it
hotspots as (
    select days.day
    from {{ ref('dim_days') }} as days
    where
        days.day >= (
            select {{ dbt.dateadd('day', -120, 'min(changed.day)') }} from orders as changed
            where changed.day <= {{ business_date() }}
        )
),

shifts as (
    {{ dbt.generate_series(8) }}
),

known_events as (
    select min(reported_date) as first_day
    from {{ ref('fct_grid_events') }}
),

-- orders are compared with the events of the week before; where the archive of events begins decides from when on
discoveries as (
    select day from orders
    union
    select cast({{ dbt.dateadd('day', 'shifts.generated_number - 1', 'grid_events.day') }} as date) as day
    from grid_events
    cross join shifts
    where grid_events.day <= {{ business_date() }}
    union
    select days.day
    from {{ ref('dim_days') }} as days
    inner join known_events
        on days.day >= known_events.first_day
    where known_events.first_day >= (select min(events.day) from grid_events as events)
),

new_returns as (
    select count(*) as delivery_count
    from {{ ref('stg_returns__deliveries') }}
    where
        load_no > {{ var('built_load_no') }}
        and digest not in (
            select earlier.digest from {{ ref('stg_returns__deliveries') }} as earlier
            where earlier.load_no <= {{ var('built_load_no') }}
        )
),

returned as (
    select day from {{ ref('int_return_measures') }}
    union
    -- a return sent again may take out what was oldest
    select day
    from {{ ref('int_counted_days_before') }}
    where count_model = 'returns'
),

-- all days in which something was or is returned once a workbook with new content came, else those that passed
returns as (
    select returned.day
    from returned
    cross join new_returns
    where
        new_returns.delivery_count > 0
        or returned.day in (select passed.day from passed)
),

days_to_count as (
    {% for count_model, days in [
        ('orders', 'orders'), ('three_rate', 'orders'), ('closure_gap', 'orders'), ('calls', 'calls'),
        ('grid_events', 'grid_events'), ('cases', 'cases'), ('verifications', 'verifications'),
        ('answer_minimum', 'answer_minimum'), ('terminals', 'terminals'), ('worker_activity', 'worker_activity'),
        ('addresses', 'addresses'), ('grids', 'stood'), ('items', 'stood'), ('residents', 'stood'),
        ('tiers', 'orders'), ('tiers', 'grid_events'), ('tracked_orders', 'tracked_orders'), ('hotspots', 'hotspots'),
        ('discoveries', 'discoveries'), ('returns', 'returns'), ('estimates', 'returns'),
    ] -%}
    select '{{ count_model }}' as count_model, day from {{ days }}{{ '\n    union' if not loop.last }}
    {% endfor -%}
    {%- for count_model, days in days_of_count_models().items() %}
    union
    select '{{ count_model }}' as count_model, day from {{ days }}
    {%- endfor %}
)

-- a day still ahead is counted in the night of that day
select
    count_model,
    day
from days_to_count
where day <= {{ business_date() }}
