{#
  Tables, views and increments on DuckDB. dbt's own are built under another name beside the relation that stands and then
  take its place, so that whoever reads meanwhile never sees half of one: four statements, two more names, and most of the
  time that a small model takes. Nobody reads the work file while it is built, and one whose build was cut off is made anew
  from landing. So here a relation is replaced where it stands. On Spark tables and
  views are dbt's own, increments are in materializations_spark.sql.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', language=model['language']) -%}
        {{ replaced_table(relation, load_cached_relation(this)) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set held = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {% if held is not none and not held.is_view %}{% do adapter.drop_relation(held) %}{% endif %}
    {% call statement('main') -%} create or replace view {{ relation }} as ({{ compiled_code }}) {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb', supported_languages=['sql'] %}
    {%- set held = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {%- if held is none or held.is_view or should_full_refresh() -%} {{ replaced_table(relation, held) }}
        {%- else -%} {{ increment(relation, compiled_code) }}
        {%- endif -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{# What makes `relation` hold what the model selects; `held` is what stands under its name. #}
{% macro replaced_table(relation, held) %}
    {%- set is_in_place = model['language'] == 'sql' and not config.get('contract').enforced -%}
    {%- if held is not none and not (is_in_place and held.is_table) -%}{%- do adapter.drop_relation(held) -%}{%- endif -%}
    {%- if is_in_place -%} create or replace table {{ relation }} as ({{ compiled_code }})
    {%- else -%} {{ create_table_as(false, relation, compiled_code, model['language']) }}
    {%- endif -%}
{% endmacro %}

{#
  Statements that bring an increment into `relation`, by the model's incremental_strategy:
    replace_where  what meets the condition `replaces` goes, then what the model selects comes; the condition is a template,
                   rendered when the model runs
    delete+insert  each selected row replaces the one with its unique_key
    append         what the model selects is added
#}
{% macro increment(relation, sql) %}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- if strategy == 'replace_where' -%}
    delete from {{ relation }} where {{ render(config.require('replaces')) }};
    insert into {{ relation }} by name ({{ sql }})
    {%- elif strategy == 'delete+insert' -%}
    {%- set key = config.require('unique_key') -%}
    {%- set columns = key if key is string else key | join(', ') -%}
    create temporary table incoming as ({{ sql }});
    delete from {{ relation }} where ({{ columns }}) in (select {{ columns }} from incoming);
    insert into {{ relation }} by name select * from incoming
    {%- elif strategy == 'append' -%}
    insert into {{ relation }} by name ({{ sql }})
    {%- else -%}
    {{ exceptions.raise_compiler_error("materialize an increment: unknown incremental_strategy " ~ strategy
        ~ " - name replace_where, delete+insert or append") }}
    {%- endif -%}
{% endmacro %}
