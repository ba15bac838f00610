{#
  Work follows change. Each entity (orders, calls, events, cases, terminals) passes the same five steps:
    int_<entity>_changed      keys of which something new landed since the last build, and quarantined ones, which are
                              judged anew; a row that only came again (windows overlap) is no change
    int_<entity>_days_before  days the changed rows counted in until now, read before they are replaced
    int_<entity>_latest       newest version of each key
    fct_<entity>              good rows (quarantine_<entity>: the others)
    fct_<entity>_by_day       counts, rebuilt for the days before and after
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

{# Keys that a quarantine table holds before this build; they are judged again, for a rule may depend on the day. #}
{% macro held_in_quarantine(quarantine, key) -%}
    {%- set held = adapter.get_relation(database=this.database, schema='core', identifier=quarantine) if execute else none -%}
    {%- if held and not flags.FULL_REFRESH -%}
    select {{ key }} from {{ held }}
    {%- else -%}
    select cast(null as {{ dbt.type_string() }}) as {{ key }} where 1 = 0
    {%- endif -%}
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

{# Days in which the rows about to be replaced counted until now. `date_columns` are the fact's anchoring days. #}
{% macro days_of_rows_about_to_change(fact, key, changed, date_columns) %}
{% set held = adapter.get_relation(database=this.database, schema='core', identifier=fact) if execute else none %}
{% if held and not flags.FULL_REFRESH %}
    {% for column in date_columns %}
select {{ column }} as day from {{ held }} -- noqa: RF02
where {{ column }} is not null and {{ key }} in (select {{ key }} from {{ changed }})
    {{ 'union' if not loop.last }}
    {% endfor %}
{% else %}
select cast(null as date) as day where 1 = 0
{% endif %}
{% endmacro %}

{# Days whose landed figures came since the last build, and the days that have passed: a figure may come ahead of its day. #}
{% macro days_landed(staging, day) -%}
    select {{ day }} as day
    from {{ staging }}
    where
        load_no > {{ var('built_load_no') }}
        and {{ day }} <= {{ business_date() }}
    union
    select day
    from {{ ref('int_days_passed') }}
{%- endmacro %}

{# Days to count again: before and after the change, and the days the clock has passed since the last build. #}
{% macro days_to_count_again(before, fact, key, changed, date_columns) %}
with touched as (
    select day from {{ before }}
    {% for column in date_columns %}
    union
    select {{ column }} as day from {{ fact }}
    where {{ column }} is not null and {{ key }} in (select {{ key }} from {{ changed }})
    {% endfor %}
    union
    select day from {{ ref('dim_days') }}
    where day > cast('{{ var("previous_business_date") }}' as date)
)

-- a deadline still ahead is counted in the night of its day
select day from touched
where day <= {{ business_date() }}
{% endmacro %}

{# Pre-hook of an incremental model: take out the rows that this build writes again. #}
{% macro clear(relation, condition) %}
    {%- if is_incremental() -%} delete from {{ relation }} where {{ condition }} {%- else -%} select 1 {%- endif -%}
{% endmacro %}
