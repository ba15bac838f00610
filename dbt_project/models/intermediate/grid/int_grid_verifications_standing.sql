-- One row per on-site verification (核查) by the end of the business date of an event to judge again. The platform
-- gives an event with all of its verifications: one that its newest version lacks was struck off, or has another time.
select
    verifications.event_id,
    verifications.verified_at,
    verifications.is_passed
from {{ ref('int_grid_verifications_latest') }} as verifications
inner join {{ ref('int_grid_events_latest') }} as events
    on
        verifications.event_id = events.event_id
        and verifications.updated_at >= events.updated_at
where
    verifications.event_id in (select changed.event_id from {{ ref('int_grid_events_changed') }} as changed)
    and verifications.verified_at <= {{ as_of() }}
