-- One row per day whose orders are compared with the grid again: orders or events of the days before it changed.
with shifts as (
    {{ dbt.generate_series(8) }}
),

touched as (
    select day from {{ ref('int_order_days_to_count') }}
    union
    select cast({{ dbt.dateadd('day', 'shifts.generated_number - 1', 'events.day') }} as date) as day
    from {{ ref('int_grid_event_days_to_count') }} as events
    cross join shifts
    union
    -- where the archive of events begins decides from when on orders can be compared
    select days.day
    from {{ ref('dim_days') }} as days
    cross join (select min(reported_date) as first_day from {{ ref('fct_grid_events') }}) as known
    where
        days.day >= known.first_day
        and known.first_day >= (select min(events.day) from {{ ref('int_grid_event_days_to_count') }} as events)
)

select day from touched
where day <= {{ business_date() }}
