{#
  Work follows change. Each entity (orders, calls, events, cases) passes the same five steps:
    int_<entity>_changed  keys of which something new landed since the last build, and quarantined ones, which are judged
                          anew, with the days in which they counted until now; a row that only came again (windows overlap)
                          is no change
    int_<entity>_latest   newest version of each key
    fct_<entity>          good rows (quarantine_<entity>: the others)
    int_days_to_count     days in which what changed counted or counts
    fct_<entity>_by_day   counts, rebuilt for these days
  A build that was cut off is never continued: warehouse.py starts again from landing.
#}

{# Rows of a staging model that landed after the last build; `only` narrows them. #}
{% macro newly_landed(staging, columns='*', only=none) -%}
    select {{ columns }} from {{ staging }}
    where load_no > {{ var('built_load_no') }}{{ ' and ' ~ only if only }}
{%- endmacro %}

{#
  Keys of an entity of which rows with new content landed since the last build.
    key     column of the staging model that is the entity's key
    latest  name of the table that holds the newest version of each row of the staging model, as it was before
    row_key key of that table; a row that changed hands changes both its entities
    only    narrows the rows
#}
{% macro changed_keys(staging, key, latest, row_key=none, only=none) -%}
    {%- set held = adapter.get_relation(database=this.database, schema='intermediate', identifier=latest) if execute else none -%}
    {%- set columns = content_columns(staging) -%}
    select {{ key }} from (
        select {{ columns }} from {{ staging }}
        where load_no > {{ var('built_load_no') }}{{ ' and ' ~ only if only }}
        {%- if held and not flags.FULL_REFRESH %}
        except
        select {{ columns }} from {{ held }}
        where {{ row_key or key }} in ({{ newly_landed(staging, row_key or key, only) }})
        {%- endif %}
    ) as {{ latest }}_differing
    {%- if row_key and held and not flags.FULL_REFRESH %}
    union
    select {{ latest }}_held.{{ key }}
    from {{ held }} as {{ latest }}_held
    inner join ({{ newly_landed(staging, row_key ~ ', ' ~ key, only) }}) as {{ latest }}_landed
        on
            {{ latest }}_held.{{ row_key }} = {{ latest }}_landed.{{ row_key }}
            and {{ latest }}_held.{{ key }} <> coalesce({{ latest }}_landed.{{ key }}, '')
    {%- endif %}
{%- endmacro %}

{#
  Keys of an entity with a row that lay ahead of its delivery (a clock that ran fast): not used until its time has come,
  so the entity is judged again every night.
#}
{% macro seen_ahead_of_time(key, latest, moment) -%}
    {%- set held = adapter.get_relation(database=this.database, schema='intermediate', identifier=latest) if execute else none -%}
    {%- if held and not flags.FULL_REFRESH -%}
    select {{ key }} from {{ held }}
    where {{ moment }} >= cast(landed_date as timestamp) and {{ local_date(moment) }} > landed_date
    {%- else -%}
    select cast(null as {{ dbt.type_string() }}) as {{ key }} where 1 = 0
    {%- endif -%}
{%- endmacro %}

{# Columns of a staging model that say something about its thing, not about its landing. #}
{% macro content_columns(staging) -%}
    {%- if execute -%}
        {{ adapter.get_columns_in_relation(staging) | map(attribute='name')
            | reject('in', ['landed_date', 'landed_attempt', 'load_no']) | join(', ') }}
    {%- else -%} * {%- endif %}
{%- endmacro %}

{#
  Keys that a quarantine table holds before this build and that are judged again: set aside for a rule that the passing of
  time may heal (a time that lay ahead of the night), or landed again as they were. Whatever else is wrong with a record
  stays so until the record changes.
#}
{% macro held_in_quarantine(quarantine, key, staging) -%}
    {%- set held = adapter.get_relation(database=this.database, schema='core', identifier=quarantine) if execute else none -%}
    {%- if held and not flags.FULL_REFRESH -%}
    select {{ key }} from {{ held }}
    where rule_id in ('{{ rules_of_the_night() | join("', '") }}') or {{ key }} in ({{ newly_landed(staging, key) }})
    {%- else -%}
    select cast(null as {{ dbt.type_string() }}) as {{ key }} where 1 = 0
    {%- endif -%}
{%- endmacro %}

{# Record rules that a row may break on one night and keep on a later one: of times that lie ahead. #}
{% macro rules_of_the_night() -%}
    {{ return([
        'L2-HOT-002', 'L2-HOT-003', 'L2-HOT-022', 'L2-HOT-023', 'L2-GRD-002', 'L2-GRD-003', 'L2-STA-002', 'L2-STA-003',
    ]) }}
{%- endmacro %}

{#
  Newest version of every changed key: what just landed against what is already held. Ties on the version go to the
  later landing, so a corrected re-delivery wins.
#}
{% macro newest_versions(staging, key, version, only=none) %}
{% set keys = [key] if key is string else key %}
with candidates as (
    {{ newly_landed(staging, only=only) }}
    {% if is_incremental() %}
    union all
    select * from {{ this }}
    where {{ keys[0] }} in ({{ newly_landed(staging, keys[0], only) }})
    {% endif %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by {{ version }} desc, landed_date desc, landed_attempt desc
        ) as recency
    from candidates
)

select {{ column_list(staging) }}
from ranked
where recency = 1
{% endmacro %}

{# Column names of a relation, in order, as a select list. #}
{% macro column_list(relation) -%}
    {% if execute -%}
        {{ adapter.get_columns_in_relation(relation) | map(attribute='name') | join(',\n    ') }}
    {%- else -%} * {%- endif %}
{%- endmacro %}

{#
  Entities to judge again with the days in which they counted until now (null: not at all), read before their fact is
  written.
    changed       relation of their keys
    fact          name of the table that holds what counted
    date_columns  the days by which it counts
#}
{% macro with_days_until_now(changed, fact, key, date_columns) %}
{% set held = adapter.get_relation(database=this.database, schema='core', identifier=fact) if execute else none %}
{% set is_held = held and not flags.FULL_REFRESH %}
select
    changed.{{ key }},
    {% for column in date_columns -%}
    {{ 'held.' ~ column if is_held else 'cast(null as date)' }} as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ changed }} as changed
{% if is_held -%}
left join {{ held }} as held
    on changed.{{ key }} = held.{{ key }}
{% endif -%}
{% endmacro %}

{# Days in which the entities of `changed` (made by with_days_until_now) counted until now or count from now on. #}
{% macro touched_days(changed, fact, key, date_columns) -%}
    {% for relation in [changed, fact] -%}
    {% set outer_loop = loop -%}
    {% for column in date_columns -%}
    select {{ column }} as day from {{ relation }} where {{ column }} is not null
    {%- if relation == fact %} and {{ key }} in (select changed.{{ key }} from {{ changed }} as changed){% endif %}
    {{ 'union' if not (loop.last and outer_loop.last) }}
    {% endfor -%}
    {% endfor -%}
{%- endmacro %}

{# Condition: the order, or claim, of this status or role landed from order files, and the newest load does not have it. #}
{% macro is_gone(state) -%}
    coalesce({{ state }}, '') = 'gone from the files'
{%- endmacro %}

{# The days by which an order counts. #}
{% macro order_dates() -%}
    {{ return([
        'created_date', 'dispatched_date', 'due_date', 'rule_unpaused_due_date', 'rule_paused_due_date', 'closed_date',
        'callback_date', 'claim_date', 'immediate_due_date',
    ]) }}
{%- endmacro %}

{# The days by which a grid event counts. #}
{% macro grid_event_dates() -%}
    {{ return(['reported_date', 'due_date', 'deferred_date', 'closed_date', 'immediate_due_date']) }}
{%- endmacro %}

{# Condition: the counts of the day are written again in this build. #}
{% macro in_days_to_count(count_model, column='day') -%}
    {{ column }} in (
        select to_count.day from {{ ref('int_days_to_count') }} as to_count
        where to_count.count_model = '{{ count_model }}'
    )
{%- endmacro %}

{# Condition: the period holds a day whose counts are written again in this build. #}
{% macro in_periods_to_count(count_model) -%}
    (period_type, period_start) in (
        select
            touched.period_type,
            touched.period_start
        from {{ ref('bridge_days_periods') }} as touched
        where {{ in_days_to_count(count_model, 'touched.day') }}
    )
{%- endmacro %}
