-- One row per case to judge again: it changed since the last build, or it is in quarantine.
{{ changed_keys(ref('stg_stations__cases'), 'case_id', 'int_cases_latest') }}
union
{{ held_in_quarantine('quarantine_cases', 'case_id') }}
