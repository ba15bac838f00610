-- One row per call-back attempt: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='callback_id') }}
-- depends_on: {{ ref('int_orders_changed') }}
{{ newest_versions(ref('stg_hotline__callbacks'), 'callback_id', 'recorded_at') }}
