-- One row per case: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='case_id') }}
{{ newest_versions(ref('stg_stations__cases'), 'case_id', 'updated_at') }}
