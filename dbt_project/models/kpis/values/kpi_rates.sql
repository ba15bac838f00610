-- One row per KPI, variant, unit, period and caliber: numerator, denominator, value and interval, before any verdict.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_publish() }}") }}
{% set aggregates = {
    'orders': ref('agg_orders_by_period'),
    'calls': ref('agg_calls_by_period'),
    'grid_events': ref('agg_grid_events_by_period'),
    'cases': ref('agg_cases_by_period'),
    'terminals': ref('agg_terminals_by_period'),
    'answer_minimum': ref('agg_answer_minimum_by_period'),
    'verifications': ref('agg_verifications_by_period'),
    'worker_activity': ref('agg_worker_activity_by_period'),
    'addresses': ref('agg_addresses_by_period'),
    'grids': ref('agg_grids_by_period'),
    'items': ref('agg_items_by_period'),
    'residents': ref('agg_residents_by_period'),
    'tiers': ref('agg_tiers_by_period'),
    'tracked_orders': ref('agg_tracked_orders_by_period'),
    'discoveries': ref('agg_discoveries_by_period'),
    'hotspots': ref('agg_hotspots_by_period'),
    'returns': ref('agg_returns_by_period'),
} %}
with counted as (
    {{ counted_rows(aggregates, ref('kpi_periods_to_count')) }}
)

select
    kpi_id,
    variant,
    unit_type,
    unit_code,
    period_type,
    period_start,
    period_end,
    caliber,
    {{ rated_columns() }}
from counted
