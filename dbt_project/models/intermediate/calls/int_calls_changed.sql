-- One row per call to judge again: it changed since the last build, or it is in quarantine.
{{ changed_keys(ref('stg_hotline__calls'), 'call_id', 'int_calls_latest') }}
union
{{ held_in_quarantine('quarantine_calls', 'call_id') }}
