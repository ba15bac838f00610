-- One row per day, unit and caliber: additive counts of grid events.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('grid_events') }}") }}
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

counted_once as (
    select
        day,
        district_code,
        street_code,
        community_code,
        grid_code,
        unit_code,
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
        unit_code
),

-- nothing is kept out of the assessment of grid events, so both calibers have the same counts, made once
calibers as (
    select 'full' as caliber
    union all
    select 'assessed' as caliber
),

counted as (
    select
        counted_once.*,
        calibers.caliber
    from counted_once
    cross join calibers
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('grid', 'grid_code'), ('unit', 'unit_code')],
    measures=[
        'reported_count',
        'clustered_verified_count',
        'due_count',
        'due_closed_count',
        'on_time_count',
        'late_count',
        'overdue_open_count',
        'immediate_due_count',
        'immediate_on_time_count',
        'limited_due_count',
        'limited_on_time_count',
        'deferred_due_count',
        'deferred_on_time_count',
        'closed_count',
        'self_closed_count',
    ]
) }}
