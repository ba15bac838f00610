-- One row per grid event to judge again: something of it landed since the last build, or it is in quarantine.
{{ newly_landed(ref('stg_grid__events'), 'event_id') }}
union
{{ newly_landed(ref('stg_grid__event_verifications'), 'event_id') }}
union
{{ held_in_quarantine('quarantine_grid_events', 'event_id') }}
