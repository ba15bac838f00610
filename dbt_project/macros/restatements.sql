{# A cell's key, as columns. #}
{% macro cell_key() -%}
    {{ return(['kpi_id', 'variant', 'unit_type', 'unit_code', 'period_type', 'period_start', 'caliber']) }}
{%- endmacro %}

{#
  A figure as it may stand in a log of changes: by verdict, never by size. What is or was hidden stays hidden, also the
  denominator, which a later release may have to hide too.
#}
{% macro unless_hidden(column, verdict) -%}
    case when {{ verdict }} not in ('SUPPRESSED', 'WITHHELD') then {{ column }} end
{%- endmacro %}

{#
  Landed tables whose rows restate cells, as they are needed to say which days and units a row counts in. Days are
  those a row itself knows; deadlines by rule are found through the fact. `ahead` is a moment that may lie ahead of the
  delivery: such a row counts from its own day on.
#}
{% macro restating_tables() %}
    {{ return([
        {'table': 'hotline.work_orders', 'key': ['order_id'], 'version': 'updated_at', 'entity': 'order',
            'entity_key': 'order_id', 'moments': ['created_at', 'due_at', 'closed_at'],
            'place': 'community_code', 'other_place': 'street_code', 'unit': 'unit_code'},
        {'table': 'hotline.callbacks', 'key': ['callback_id'], 'version': 'recorded_at', 'entity': 'order',
            'entity_key': 'order_id', 'moments': ['called_at'], 'ahead': 'called_at'},
        {'table': 'hotline.order_events', 'key': ['event_id'], 'version': 'recorded_at', 'entity': 'order',
            'entity_key': 'order_id', 'moments': ['occurred_at'], 'ahead': 'occurred_at', 'unit': 'unit_code',
            'only': is_counted_step()},
        {'table': 'hotline.order_claims', 'key': ['order_id'], 'version': 'updated_at', 'entity': 'order',
            'entity_key': 'order_id', 'moments': ['claimed_at']},
        {'table': 'hotline.calls', 'key': ['call_id'], 'version': 'updated_at', 'entity': 'call',
            'entity_key': 'call_id', 'moments': ['offered_at', 'answered_at', 'ended_at']},
        {'table': 'grid.events', 'key': ['event_id'], 'version': 'updated_at', 'entity': 'event',
            'entity_key': 'event_id', 'moments': ['reported_at', 'due_at', 'closed_at', 'deferred_until'],
            'place': 'grid_code', 'unit': 'unit_code'},
        {'table': 'grid.event_verifications', 'key': ['event_id', 'verified_at'], 'version': 'updated_at',
            'entity': 'event', 'entity_key': 'event_id', 'moments': ['verified_at']},
        {'table': 'grid.worker_activity', 'key': ['activity_date', 'grid_code'], 'entity': 'activity',
            'entity_key': 'grid_code', 'days': ['activity_date'], 'place': 'grid_code'},
        {'table': 'grid.address_coverage', 'key': ['coverage_date', 'community_code'], 'entity': 'coverage',
            'entity_key': 'community_code', 'days': ['coverage_date'], 'place': 'community_code'},
        {'table': 'stations.cases', 'key': ['case_id'], 'version': 'updated_at', 'entity': 'case',
            'entity_key': 'case_id', 'moments': ['accepted_at', 'finished_at'], 'place': 'station_code',
            'other_place': 'district_code'},
        {'table': 'stations.terminals', 'key': ['service_date', 'terminal_code'], 'entity': 'terminal',
            'entity_key': 'terminal_code', 'days': ['service_date'], 'place': 'station_code'},
    ]) }}
{% endmacro %}

{# What a row of a staging model says, as one text: all of its columns but those of its landing and `without`. #}
{% macro row_content(staging, without=[]) -%}
    concat_ws('|'
        {%- for column in content_columns(staging).split(', ') if column != '*' and column not in without -%}
        , coalesce(cast({{ column }} as {{ dbt.type_string() }}), '-')
        {%- endfor -%}
    )
{%- endmacro %}

{# A record's business key as one text, null where a part of it is. #}
{% macro record_key(key) -%}
    {%- for column in key -%}
    cast({{ column }} as {{ dbt.type_string() }}){{ " || '/' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Condition: the row of a landed table came since the release before (relation `landed`). #}
{% macro is_landed_since(table) -%}
    (landed_date, landed_attempt) in (select business_date, attempt from landed where table_name = '{{ table }}')
{%- endmacro %}

{# Relation: the columns of a list as rows, by name and place in it. #}
{% macro as_rows(names) -%}
    (values ('{{ names | join("'), ('") }}')) as listed (name)
{%- endmacro %}

{# The column that a row of as_rows names. #}
{% macro listed_column(columns) -%}
    case listed.name
        {% for name, column in columns.items() -%}
        when '{{ name }}' then {{ column }}
        {% endfor -%}
    end
{%- endmacro %}

{#
  Facts through which an entity's days and units are known as they are counted now, with those of its columns.
#}
{% macro restating_facts() %}
    {{ return([
        ('order', 'fct_work_orders', 'order_id', ['created_date', 'dispatched_date', 'due_date',
            'rule_unpaused_due_date', 'rule_paused_due_date', 'closed_date', 'callback_date', 'claim_date',
            'immediate_due_date'],
            {'community': 'community_code', 'street': 'street_code', 'district': 'district_code', 'unit': 'unit_code'}),
        ('call', 'fct_calls', 'call_id', ['call_date'], {}),
        ('event', 'fct_grid_events', 'event_id', ['reported_date', 'due_date', 'deferred_date', 'closed_date',
            'immediate_due_date'],
            {'grid': 'grid_code', 'community': 'community_code', 'street': 'street_code', 'district': 'district_code',
            'unit': 'unit_code'}),
        ('case', 'fct_cases', 'case_id', ['accepted_date', 'finished_date'],
            {'point': 'station_code', 'community': 'community_code', 'street': 'street_code',
            'district': 'district_code'}),
    ]) }}
{% endmacro %}

{# Days by which a row may lie outside a period and still move its figures: windows that look back or ahead. #}
{% macro reach_days(contract) -%}
    case
        when {{ contract }}.count_model = 'hotspots' then 120
        when {{ contract }}.count_model = 'tracked_orders' then 366
        when {{ contract }}.count_model in ('returns', 'estimates') then 45
        when {{ contract }}.count_model = 'discoveries' then 8
        when {{ contract }}.count_model = 'answer_minimum' then 1
        when {{ contract }}.kpi_id = 'H12' then {{ nearest_integer(parameter('repeat_window_days')) }} + 1
        else 0
    end
{%- endmacro %}
