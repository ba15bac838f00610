-- One row per grid event to judge again that was verified on site (核查) by the end of the business date.
select
    event_id,
    count(*) as verification_count,
    {{ count_where('not is_passed') }} as failed_verification_count
from {{ ref('int_grid_verifications_latest') }}
where
    event_id in (select event_id from {{ ref('int_grid_events_changed') }})
    and verified_at <= {{ as_of() }}
group by event_id
