{#
  Count models: counts by unit, period and caliber that the contract of a KPI may name; and the days that are counted again, of
  those whose days int_days_to_count does not know by itself. Written by `minhu kpi write` from the names of the models, never
  edited.
#}
{% macro count_models() %}
    {{ return({
        'addresses': ref('agg_addresses_by_period'),
        'answer_minimum': ref('agg_answer_minimum_by_period'),
        'calls': ref('agg_calls_by_period'),
        'cases': ref('agg_cases_by_period'),
        'discoveries': ref('agg_discoveries_by_period'),
        'grid_events': ref('agg_grid_events_by_period'),
        'grids': ref('agg_grids_by_period'),
        'hotspots': ref('agg_hotspots_by_period'),
        'items': ref('agg_items_by_period'),
        'orders': ref('agg_orders_by_period'),
        'residents': ref('agg_residents_by_period'),
        'returns': ref('agg_returns_by_period'),
        'terminals': ref('agg_terminals_by_period'),
        'tiers': ref('agg_tiers_by_period'),
        'tracked_orders': ref('agg_tracked_orders_by_period'),
        'verifications': ref('agg_verifications_by_period'),
        'worker_activity': ref('agg_worker_activity_by_period'),
    }) }}
{% endmacro %}

{% macro days_of_count_models() %}
    {{ return({
    }) }}
{% endmacro %}
