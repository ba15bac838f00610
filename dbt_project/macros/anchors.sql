{#
  Anchors: the day by which a KPI counts a record, and which records it counts by it (contract, column anchors), for the
  tables whose records can be quarantined. Of each anchor:
    moment   column of the quarantine table
    begins   the moment is that of the record's own beginning: it lies before the record first landed
    counted  good records of a period by it, in the aggregates
    only     condition on the quarantine table; what is wrong with a record may leave it open, then it counts
    lost_by  record rule that says the moment is missing where there must be one; a row of a file that became no order
             (L2-HOT-012) lacks that of its beginning
    is_term  it may lie ahead of the business date without being wrong: a deadline
#}
{% macro anchored_tables() %}
    {% set orders = {
        'table_name': 'hotline.work_orders', 'versions': ref('stg_hotline__work_orders'), 'quarantine': ref('quarantine_order_rows'), 'key': 'order_id',
        'counts': ref('agg_orders_by_period'), 'day_counts': ref('fct_orders_by_day'), 'count_model': 'orders',
        'levels': {'district': 'district_code', 'street': 'street_code', 'community': 'community_code',
            'unit': 'unit_code'},
        'anchors': {
            'created': {'moment': 'created_at', 'counted': 'created_count', 'lost_by': 'L2-HOT-001', 'begins': true},
            'dispatched': {'moment': 'first_dispatched_at', 'counted': 'dispatched_count'},
            'due': {'moment': 'due_at', 'counted': 'reply_due_count', 'is_term': true, 'only': 'is_answered_for'},
            'in_force': {'moment': 'answered_by_at', 'counted': 'due_count', 'is_term': true, 'only': 'is_answered_for'},
            'limited_due': {'moment': 'due_at', 'counted': 'limited_due_count', 'is_term': true,
                'only': "is_answered_for and tier = 'time_limited'"},
            'unpaused_due': {'moment': 'rule_unpaused_due_at', 'counted': 'rule_unpaused_due_count', 'is_term': true,
                'only': 'is_answered_for', 'lost_by': 'L2-HOT-001', 'begins': true},
            'paused_due': {'moment': 'rule_paused_due_at', 'counted': 'rule_paused_due_count', 'is_term': true,
                'only': 'is_answered_for', 'lost_by': 'L2-HOT-001', 'begins': true},
            'immediate_due': {'moment': 'immediate_due_at', 'counted': 'immediate_due_count', 'is_term': true,
                'only': "is_answered_for and tier = 'immediate'", 'lost_by': 'L2-HOT-001', 'begins': true},
            'closed': {'moment': 'closed_at', 'counted': 'closed_count', 'lost_by': 'L2-HOT-007'},
            'eligible': {'moment': 'closed_at', 'counted': 'eligible_count', 'lost_by': 'L2-HOT-007',
                'only': "is_answered_for and coalesce(channel, '') <> 'transfer'"},
            'callback': {'moment': 'callback_at', 'counted': 'callback_count'},
            'claim': {'moment': 'claimed_at', 'counted': 'claimed_count'},
        },
    } %}
    {% set calls = {
        'table_name': 'hotline.calls', 'versions': ref('stg_hotline__calls'), 'quarantine': ref('quarantine_calls'), 'key': 'call_id',
        'counts': ref('agg_calls_by_period'), 'day_counts': ref('fct_calls_by_day'), 'count_model': 'calls',
        'levels': {},
        'anchors': {
            'inbound': {'moment': 'started_at', 'counted': 'inbound_count', 'lost_by': 'L2-HOT-021', 'begins': true,
                'only': "(direction = 'inbound' or rule_id = 'L2-HOT-025')"},
            'outbound': {'moment': 'started_at', 'counted': 'outbound_count', 'lost_by': 'L2-HOT-021', 'begins': true,
                'only': "(direction = 'outbound' or rule_id = 'L2-HOT-025')"},
            'offered': {'moment': 'started_at', 'counted': 'offered_count', 'lost_by': 'L2-HOT-021', 'begins': true,
                'only': "(direction = 'inbound' or rule_id = 'L2-HOT-025')"
                    ~ " and (offered_at is not null or rule_id = 'L2-HOT-021')"},
        },
    } %}
    {% set events = {
        'table_name': 'grid.events', 'versions': ref('stg_grid__events'), 'quarantine': ref('quarantine_grid_events'), 'key': 'event_id',
        'counts': ref('agg_grid_events_by_period'), 'day_counts': ref('fct_grid_events_by_day'), 'count_model': 'grid_events',
        'levels': {'district': 'district_code', 'street': 'street_code', 'community': 'community_code',
            'grid': 'grid_code', 'unit': 'unit_code'},
        'anchors': {
            'reported': {'moment': 'reported_at', 'counted': 'reported_count', 'lost_by': 'L2-GRD-001', 'begins': true},
            'verified': {'moment': 'reported_at', 'counted': 'clustered_verified_count', 'lost_by': 'L2-GRD-001', 'begins': true,
                'only': 'is_verified'},
            'due': {'moment': 'due_at', 'counted': 'due_count', 'is_term': true, 'only': 'is_answered_for'},
            'limited_due': {'moment': 'due_at', 'counted': 'limited_due_count', 'is_term': true,
                'only': "is_answered_for and tier = 'time_limited'"},
            'deferred': {'moment': 'deferred_due_at', 'counted': 'deferred_due_count', 'is_term': true,
                'only': 'is_answered_for'},
            'immediate_due': {'moment': 'immediate_due_at', 'counted': 'immediate_due_count', 'is_term': true,
                'only': "is_answered_for and tier = 'immediate'", 'lost_by': 'L2-GRD-001', 'begins': true},
            'closed': {'moment': 'closed_at', 'counted': 'closed_count', 'only': 'is_answered_for',
                'lost_by': 'L2-GRD-006'},
        },
    } %}
    {% set cases = {
        'table_name': 'stations.cases', 'versions': ref('stg_stations__cases'), 'quarantine': ref('quarantine_cases'), 'key': 'case_id',
        'counts': ref('agg_cases_by_period'), 'day_counts': ref('fct_cases_by_day'), 'count_model': 'cases',
        'levels': {'district': 'district_code', 'street': 'street_code', 'community': 'community_code',
            'point': 'station_code'},
        'anchors': {
            'finished': {'moment': 'finished_at', 'counted': 'finished_count'},
            'agent': {'moment': 'finished_at', 'counted': 'agent_count', 'only': 'is_agent_handled'},
            'personal': {'moment': 'finished_at', 'counted': 'personal_count',
                'only': "(is_personal or rule_id = 'L2-STA-005')"},
            'reviewed': {'moment': 'finished_at', 'counted': 'reviewed_count', 'only': 'review is not null'},
        },
    } %}
    {{ return([orders, calls, events, cases]) }}
{% endmacro %}

{# The anchors of a table as a relation: anchor, is_term, begins, lost_by (the rule that says the moment is missing, or ''). #}
{% macro anchors_of(entity) -%}
    (
        values
        {% for name, anchor in entity.anchors.items() -%}
        (
            '{{ entity.table_name }}/{{ name }}',
            {{ anchor.is_term or false }},
            {{ anchor.begins or false }},
            '{{ anchor.lost_by or '' }}'
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as anchors (anchor, is_term, begins, lost_by)
{%- endmacro %}

{# What an anchor has of a kind (moment, counted, only), one branch an anchor that has it. #}
{% macro of_anchor(entity, kind, otherwise=none) -%}
    {%- set found = [] -%}
    {%- for name, anchor in entity.anchors.items() if anchor[kind] %}{% do found.append((name, anchor[kind])) %}{% endfor -%}
    {%- if found -%}
    case anchors.anchor
        {% for name, expression in found -%}
        when '{{ entity.table_name }}/{{ name }}' then {{ expression }}
        {% endfor -%}
        {{ 'else ' ~ otherwise if otherwise }}
    end
    {%- else -%} {{ otherwise }} {%- endif -%}
{%- endmacro %}
