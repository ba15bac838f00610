-- One row per day in which a returned thing counted until now, read before the measures are made anew.
{% set held = adapter.get_relation(database=this.database, schema='assessment', identifier='int_return_measures')
    if execute else none %}
{% if held and not flags.FULL_REFRESH %}
select distinct day -- many things of one day
from {{ held }}
{% else %}
select cast(null as date) as day
where 1 = 0
{% endif %}
