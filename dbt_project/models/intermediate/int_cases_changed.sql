-- One row per case to judge again: it landed since the last build, or it is in quarantine.
{{ newly_landed(ref('stg_stations__cases'), 'case_id') }}
union
{{ held_in_quarantine('quarantine_cases', 'case_id') }}
