-- Landed = counted + quarantined, and nothing is in both.
{{ config(meta={'rule_id': 'L3-IDN-003', 'severity': 'block', 'table_name': 'fct_grid_events'}) }}
with landed as (
    select event_id from {{ ref('int_grid_events_latest') }}
),

placed as (
    select event_id from {{ ref('fct_grid_events') }}
    union all
    select event_id from {{ ref('quarantine_grid_events') }}
)

select
    coalesce(landed.event_id, placed.event_id) as event_id,
    count(placed.event_id) as places
from landed
full outer join placed on landed.event_id = placed.event_id
group by coalesce(landed.event_id, placed.event_id)
having count(placed.event_id) <> 1 or count(landed.event_id) <> 1
