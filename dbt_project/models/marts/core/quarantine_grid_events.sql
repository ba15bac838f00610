-- One row per grid event that broke a record rule: not counted, not lost.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'event_id in (select event_id from ' ~ ref('int_grid_events_changed') ~ ')') }}") }}
-- depends_on: {{ ref('int_grid_event_days_before') }}
select
    event_id,
    broken_rule_id as rule_id,
    street_code,
    district_code,
    {{ local_date('reported_at') }} as record_date,
    landed_date
from {{ ref('int_grid_events_checked') }}
where broken_rule_id is not null
