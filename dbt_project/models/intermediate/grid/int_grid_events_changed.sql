-- One row per grid event to judge again: something of it changed since the last build, or is in quarantine
-- and came again or lay ahead of the night; with the days in which it counted until now.
with to_judge as (
    {{ changed_keys(ref('stg_grid__events'), 'event_id', 'int_grid_events_latest') }}
    union
    {{ changed_keys(ref('stg_grid__event_verifications'), 'event_id', 'int_grid_verifications_latest') }}
    union
    {{ seen_ahead_of_time('event_id', 'int_grid_verifications_latest', 'verified_at') }}
    union
    {{ held_in_quarantine('quarantine_grid_events', 'event_id', ref('stg_grid__events')) }}
)

{{ with_days_until_now('to_judge', 'fct_grid_events', 'event_id', grid_event_dates()) }}
