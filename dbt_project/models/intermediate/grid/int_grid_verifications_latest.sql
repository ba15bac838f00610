-- One row per on-site verification (核查): its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['event_id', 'verified_at']) }}
-- depends_on: {{ ref('int_grid_events_changed') }}
{{ newest_versions(ref('stg_grid__event_verifications'), ['event_id', 'verified_at'], 'updated_at') }}
