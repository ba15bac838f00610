-- One row per day in which a verification of a changed grid event counted until now, read before these are replaced.
-- depends_on: {{ ref('int_grid_events_changed') }}
{% set held = adapter.get_relation(database=this.database, schema='core', identifier='fct_event_verification_days')
    if execute else none %}
{% if held and not flags.FULL_REFRESH %}
select distinct verified_date as day -- many events of one day
from {{ held }}
where event_id in (select changed.event_id from {{ ref('int_grid_events_changed') }} as changed)
{% else %}
select cast(null as date) as day
where 1 = 0
{% endif %}
