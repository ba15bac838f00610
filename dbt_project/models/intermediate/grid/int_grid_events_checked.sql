-- One row per grid event to judge again, with its places by the borders of the day it was reported, its verifications
-- and the first record rule it breaks.
{{ config(materialized='view') }}
with events as (
    select
        *,
        {{ place_date('reported_at') }} as place_date
    from {{ ref('int_grid_events_latest') }}
    where event_id in (select event_id from {{ ref('int_grid_events_changed') }})
),

verifications as (
    select
        event_id,
        count(*) as verification_count,
        {{ count_where('not is_passed') }} as failed_verification_count
    from {{ ref('int_grid_verifications_standing') }}
    group by event_id
),

joined as (
    select
        events.*,
        grids.grid_code as known_grid_code,
        grids.community_code,
        coalesce(communities.street_code, streets.street_code) as street_code,
        coalesce(communities.district_code, streets.district_code) as district_code,
        coalesce(verifications.verification_count, 0) as verification_count,
        coalesce(verifications.failed_verification_count, 0) as failed_verification_count
    from events
    left join {{ ref('dim_grids') }} as grids
        on events.grid_code = grids.grid_code
    {{ join_places_of_day('grids', 'events.place_date') }}
    left join verifications
        on events.event_id = verifications.event_id
)

select
    *,
    {{ first_broken_rule([
        ('L2-GRD-001', 'reported_at is null'),
        ('L2-GRD-002', is_implausible('reported_at') ~ ' or ' ~ is_implausible('due_at') ~ ' or '
            ~ is_implausible('closed_at') ~ ' or ' ~ is_implausible('deferred_until')),
        ('L2-GRD-003', 'reported_at > ' ~ as_of() ~ ' or closed_at > ' ~ as_of()),
        ('L2-GRD-004', 'closed_at < reported_at'),
        ('L2-GRD-005', "status is null or status not in ('reported', 'registered', 'handling', 'closed', 'void')"),
        ('L2-GRD-006', "status = 'closed' and closed_at is null"),
        ('L2-GRD-007', 'known_grid_code is null'),
    ]) }} as broken_rule_id
from joined
