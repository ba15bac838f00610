-- One row per closing event of an order: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='event_id') }}
{{ newest_versions(ref('stg_hotline__order_events'), 'event_id', 'recorded_at', only="event_type = 'close'") }}
