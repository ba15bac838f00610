-- One row per call to judge again: it landed since the last build, or it is in quarantine.
{{ newly_landed(ref('stg_hotline__calls'), 'call_id') }}
union
{{ held_in_quarantine('quarantine_calls', 'call_id') }}
