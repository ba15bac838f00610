-- One row per call: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='call_id') }}
-- depends_on: {{ ref('int_calls_changed') }}
{{ newest_versions(ref('stg_hotline__calls'), 'call_id', 'updated_at') }}
