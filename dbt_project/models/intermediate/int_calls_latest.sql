-- One row per call: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='call_id') }}
{{ newest_versions(ref('stg_hotline__calls'), 'call_id', 'updated_at') }}
