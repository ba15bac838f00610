-- One row per grid event: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='event_id') }}
-- depends_on: {{ ref('int_grid_events_changed') }}
{{ newest_versions(ref('stg_grid__events'), 'event_id', 'updated_at') }}
