-- One row per countable grid event and day on which it was verified on site (核查), with the days of that before.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="event_id in (select event_id from {{ ref('int_grid_events_changed') }})") }}
-- depends_on: {{ ref('int_counted_days_before') }}
-- depends_on: {{ ref('int_grid_events_changed') }}
with verified as (
    select
        event_id,
        {{ local_date('verified_at') }} as verified_date,
        max(case when is_passed then 0 else 1 end) as failed
    from {{ ref('int_grid_verifications_standing') }}
    group by event_id, {{ local_date('verified_at') }}
)

select
    verified.event_id,
    verified.verified_date,
    verified.failed = 1 as is_failed,
    lag(verified.verified_date) over (
        partition by verified.event_id order by verified.verified_date
    ) as previous_verified_date,
    max(case when verified.failed = 1 then verified.verified_date end) over (
        partition by verified.event_id order by verified.verified_date
        rows between unbounded preceding and 1 preceding
    ) as previous_failed_date,
    events.street_code,
    events.district_code,
    events.unit_code
from verified
inner join {{ ref('fct_grid_events') }} as events
    on verified.event_id = events.event_id
