-- One row per order to judge again: something of it landed since the last build, or it is in quarantine.
{{ newly_landed(ref('stg_hotline__work_orders'), 'order_id') }}
union
{{ newly_landed(ref('stg_hotline__callbacks'), 'order_id') }}
union
{{ newly_landed(ref('stg_hotline__order_events'), 'order_id', "event_type = 'close'") }}
union
{{ newly_landed(ref('stg_hotline__order_claims'), 'order_id') }}
union
{{ held_in_quarantine('quarantine_work_orders', 'order_id') }}
