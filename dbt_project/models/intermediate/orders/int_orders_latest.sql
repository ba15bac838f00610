-- One row per order: its newest landed version.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_id') }}
-- depends_on: {{ ref('int_orders_changed') }}
{{ newest_versions(ref('stg_hotline__work_orders'), 'order_id', 'updated_at') }}
