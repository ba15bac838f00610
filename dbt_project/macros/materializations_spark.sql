{#
  Tables, increments and Python models on Spark. A table is Parquet and made anew, which costs a commit less than half of one of
  Iceberg; what increments are added to is a table of Iceberg, by the strategies of `increment`. A statement is a commit of its
  own, so a build that was cut off is made anew from landing, as on DuckDB. Types and keys of what is published are checked
  where it is exported.
#}
{% materialization table, adapter='spark', supported_languages=['sql', 'python'] %}
    {%- set held = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% if held is not none %}{% do adapter.drop_relation(held) %}{% endif %}
    {% call statement('main', language=model['language']) -%}
        {%- if model['language'] == 'python' -%} {{ compiled_code }}
        {%- else -%} create table {{ relation }} using parquet as {{ compiled_code }}
        {%- endif -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{#
  Spark plans the statements of all views that a statement stands on anew each time: kpi_cells took minutes. Views of kpis are
  made again by each run that changes what they read, so there they are tables.
#}
{% materialization view, adapter='spark' %}
    {%- set held = load_cached_relation(this) -%}
    {%- set kind = 'table' if config.get('schema') == 'kpis' else 'view' -%}
    {%- set relation = this.incorporate(type=kind) -%}
    {{ run_hooks(pre_hooks) }}
    {% if kind == 'table' and held is not none %}{% do adapter.drop_relation(held) %}{% endif %}
    {% call statement('main') -%}
        {{ 'create table ' ~ relation ~ ' using parquet' if kind == 'table' else 'create or replace view ' ~ relation }} as {{ compiled_code }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='spark', supported_languages=['sql'] %}
    {%- set held = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% if held is none or should_full_refresh() %}
        {% call statement('main') -%} create or replace table {{ relation }} using iceberg as {{ compiled_code }} {%- endcall %}
    {% else %}
        {% for step in increment_steps(relation, compiled_code) %}
            {% call statement('main') -%} {{ step }} {%- endcall %}
        {% endfor %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{# The statements of `increment`, one after the other. Rows that replace others are written down before those go. #}
{% macro increment_steps(relation, sql) %}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- if strategy == 'replace_where' -%}
        {{ return([
            'delete from ' ~ relation ~ ' where ' ~ render(config.require('replaces')),
            'insert into ' ~ relation ~ ' by name ' ~ sql,
        ]) }}
    {%- elif strategy == 'delete+insert' -%}
        {%- set key = config.require('unique_key') -%}
        {%- set columns = key if key is string else key | join(', ') -%}
        {%- set incoming = relation.schema ~ '.' ~ relation.identifier ~ '__incoming' -%}
        {{ return([
            'create table ' ~ incoming ~ ' using parquet as ' ~ sql,
            'delete from ' ~ relation ~ ' where (' ~ columns ~ ') in (select ' ~ columns ~ ' from ' ~ incoming ~ ')',
            'insert into ' ~ relation ~ ' by name select * from ' ~ incoming,
            'drop table ' ~ incoming ~ ' purge',
        ]) }}
    {%- elif strategy == 'append' -%}
        {{ return(['insert into ' ~ relation ~ ' by name ' ~ sql]) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error("materialize an increment: unknown incremental_strategy " ~ strategy
        ~ " - name replace_where, delete+insert or append") }}
{% endmacro %}

{# Iceberg's catalog leaves the files of what it drops, and a table of the same name could not be made there. #}
{% macro spark__drop_relation(relation) -%}
    {% call statement('drop_relation', auto_begin=False) -%}
        drop {{ relation.type }} if exists {{ relation }} {{ 'purge' if relation.type == 'table' }}
    {%- endcall %}
{% endmacro %}

{#
  What stands in a schema, as dbt-spark reads it from `show table extended`, which knows no table of Iceberg.
#}
{% macro spark__list_relations_without_caching(relation) %}
    {% set views = run_query('show views in ' ~ relation.schema).columns['viewName'].values() %}
    {% set found = [] %}
    {% for row in run_query('show tables in ' ~ relation.schema).rows if not row['isTemporary'] %}
        {% set kind = 'Type: VIEW' if row['tableName'] in views else 'Type: MANAGED' %}
        {% do found.append((row['namespace'], row['tableName'], false, kind)) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
