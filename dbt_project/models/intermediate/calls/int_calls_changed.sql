-- One row per call to judge again: it changed since the last build, or is in quarantine
-- and came again or lay ahead of the night; with the days in which it counted until now.
with to_judge as (
    {{ changed_keys(ref('stg_hotline__calls'), 'call_id', 'int_calls_latest') }}
    union
    {{ held_in_quarantine('quarantine_calls', 'call_id', ref('stg_hotline__calls')) }}
)

{{ with_days_until_now('to_judge', 'fct_calls', 'call_id', ['call_date']) }}
