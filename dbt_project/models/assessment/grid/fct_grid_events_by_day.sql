-- One row per day, grid, responsible unit, category, tier and caliber: additive counts of grid events.
-- A view of the days counted again in this build: what is kept is its sum per unit and day.
{{ config(materialized='view') }}
with anchored as (
    {% for anchor, day in [
        ('reported', 'reported_date'), ('due', 'due_date'), ('deferred', 'deferred_date'), ('closed', 'closed_date'),
        ('immediate_due', 'immediate_due_date'),
    ] %}
    select
        events.*,
        '{{ anchor }}' as anchor,
        {{ day }} as day
    from {{ ref('fct_grid_events') }} as events
    where {{ in_days_to_count('grid_events', day) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

judged as (
    select
        *,
        anchor = 'due' and not is_void and due_at < {{ as_of() }} as is_due,
        anchor = 'deferred' and not is_void and deferred_due_at < {{ as_of() }} as is_deferred_due,
        anchor = 'immediate_due' and not is_void and immediate_due_at < {{ as_of() }} as is_immediate_due,
        anchor = 'closed' and not is_void as is_closed,
        -- one thing photographed twice on a day counts once; an event without a photo is a thing of its own
        anchor = 'reported' and is_verified and row_number() over (
            partition by
                anchor, is_verified, day, grid_code, category_code, coalesce(photo_hash, event_id)
            order by reported_at, event_id
        ) = 1 as is_first_verified_of_cluster
    from anchored
),

counted as (
    select
        day,
        district_code,
        street_code,
        community_code,
        grid_code,
        unit_code,
        category_code,
        tier,
        {{ count_where("anchor = 'reported'") }} as reported_count,
        {{ count_where("is_first_verified_of_cluster") }} as clustered_verified_count,
        {{ count_where("is_due") }} as due_count,
        {{ count_where("is_due and closed_at is not null") }} as due_closed_count,
        {{ count_where("is_due and closed_at <= due_at") }} as on_time_count,
        {{ count_where("is_due and closed_at > due_at") }} as late_count,
        {{ count_where("is_due and closed_at is null") }} as overdue_open_count,
        {{ count_where("is_immediate_due") }} as immediate_due_count,
        {{ count_where("is_immediate_due and closed_at <= immediate_due_at") }} as immediate_on_time_count,
        {{ count_where("is_due and tier = 'time_limited'") }} as limited_due_count,
        {{ count_where("is_due and tier = 'time_limited' and closed_at <= due_at") }} as limited_on_time_count,
        {{ count_where("is_deferred_due") }} as deferred_due_count,
        {{ count_where("is_deferred_due and closed_at <= deferred_due_at") }} as deferred_on_time_count,
        {{ count_where("is_closed") }} as closed_count,
        {{ count_where(
            "is_closed and is_self_handled and not is_verified and closed_at <= " ~ self_closed_by('reported_at')
        ) }} as self_closed_count
    from judged
    group by
        day,
        district_code,
        street_code,
        community_code,
        grid_code,
        unit_code,
        category_code,
        tier
),

-- nothing is kept out of the assessment of grid events, so both calibers have the same counts, made once
calibers as (
    select 'full' as caliber
    union all
    select 'assessed' as caliber
)

select
    counted.day,
    counted.district_code,
    counted.street_code,
    counted.community_code,
    counted.grid_code,
    counted.unit_code,
    counted.category_code,
    counted.tier,
    calibers.caliber,
    counted.reported_count,
    counted.clustered_verified_count,
    counted.due_count,
    counted.due_closed_count,
    counted.on_time_count,
    counted.late_count,
    counted.overdue_open_count,
    counted.immediate_due_count,
    counted.immediate_on_time_count,
    counted.limited_due_count,
    counted.limited_on_time_count,
    counted.deferred_due_count,
    counted.deferred_on_time_count,
    counted.closed_count,
    counted.self_closed_count
from counted
cross join calibers
