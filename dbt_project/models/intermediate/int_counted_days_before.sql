-- One row per count model and day in which something counted until now that this build replaces: a verification of a
-- changed grid event, a returned thing. Read before these are made anew.
{% for count_model, schema, table, day, condition in [
    ('verifications', 'core', 'fct_event_verification_days', 'verified_date',
        'event_id in (select changed.event_id from ' ~ ref('int_grid_events_changed') ~ ' as changed)'),
    ('returns', 'assessment', 'int_return_measures', 'day', 'true'),
] %}
{% set held = adapter.get_relation(database=this.database, schema=schema, identifier=table) if execute else none %}
{% set is_held = held and not flags.FULL_REFRESH %}
select
    '{{ count_model }}' as count_model,
    {{ day if is_held else 'cast(null as date)' }} as day
{% if is_held -%} from {{ held }} {%- endif %}
where {{ condition if is_held else '1 = 0' }}
{{ 'union' if not loop.last }}
{% endfor %}
