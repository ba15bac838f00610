-- One row per order on which the city's own file says whether it was on time.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_id') }}
-- depends_on: {{ ref('int_orders_changed') }}
{{ newest_versions(ref('stg_hotline__order_claims'), 'order_id', 'updated_at') }}
