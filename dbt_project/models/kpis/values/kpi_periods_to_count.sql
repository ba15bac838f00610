-- One row per count model and period that holds a rebuilt day.
{% set rebuilt = {
    'orders': ref('int_order_days_to_count'),
    'three_rate': ref('int_order_days_to_count'),
    'calls': ref('int_call_days_to_count'),
    'grid_events': ref('int_grid_event_days_to_count'),
    'cases': ref('int_case_days_to_count'),
    'terminals': ref('int_terminal_days_to_count'),
    'answer_minimum': ref('int_answer_days_to_count'),
    'verifications': ref('int_verification_days_to_count'),
    'worker_activity': ref('int_activity_days_to_count'),
    'addresses': ref('int_coverage_days_to_count'),
    'grids': ref('int_days_passed'),
    'items': ref('int_days_passed'),
    'residents': ref('int_days_passed'),
    'tiers': ref('int_tier_days_to_count'),
    'tracked_orders': ref('int_tracked_days_to_count'),
    'discoveries': ref('int_discovery_days_to_count'),
    'hotspots': ref('int_hotspot_days_to_count'),
    'closure_gap': ref('int_order_days_to_count'),
    'returns': ref('int_return_days_to_count'),
    'estimates': ref('int_return_days_to_count'),
} %}
{% for count_model, days in rebuilt.items() %}
select distinct -- many days of one period
    '{{ count_model }}' as count_model,
    period_type,
    period_start
from {{ ref('bridge_days_periods') }}
where day in (select rebuilt.day from {{ days }} as rebuilt)
{{ 'union all' if not loop.last }}
{% endfor %}
