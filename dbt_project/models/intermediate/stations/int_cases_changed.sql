-- One row per case to judge again: it changed since the last build, or is in quarantine
-- and came again or lay ahead of the night; with the days in which it counted until now.
with to_judge as (
    {{ changed_keys(ref('stg_stations__cases'), 'case_id', 'int_cases_latest') }}
    union
    {{ held_in_quarantine('quarantine_cases', 'case_id', ref('stg_stations__cases')) }}
)

{{ with_days_until_now('to_judge', 'fct_cases', 'case_id', ['finished_date']) }}
