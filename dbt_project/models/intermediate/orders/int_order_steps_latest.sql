-- One row per event of an order that its figures need: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='event_id') }}
-- depends_on: {{ ref('int_orders_changed') }}
{{ newest_versions(ref('stg_hotline__order_events'), 'event_id', 'recorded_at', only=is_counted_step()) }}
