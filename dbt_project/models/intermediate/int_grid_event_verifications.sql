-- One row per grid event to judge again that was verified on site (核查) by the end of the business date.
with verifications as (
    select * from {{ ref('stg_grid__event_verifications') }}
    where
        event_id in (select event_id from {{ ref('int_grid_events_changed') }})
        and verified_at <= {{ as_of() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_id, verified_at
            order by updated_at desc, landed_date desc, landed_attempt desc
        ) as recency
    from verifications
)

select
    event_id,
    count(*) as verification_count,
    {{ count_where('not is_passed') }} as failed_verification_count
from ranked
where recency = 1
group by event_id
