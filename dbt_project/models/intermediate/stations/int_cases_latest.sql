-- One row per case: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='case_id') }}
-- depends_on: {{ ref('int_cases_changed') }}
{{ newest_versions(ref('stg_stations__cases'), 'case_id', 'updated_at') }}
