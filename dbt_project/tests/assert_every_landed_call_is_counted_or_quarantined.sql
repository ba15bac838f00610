-- Landed = counted + quarantined, and nothing is in both.
{{ config(meta={'rule_id': 'L3-IDN-002', 'severity': 'block', 'table_name': 'fct_calls'}) }}
with landed as (
    select call_id from {{ ref('int_calls_latest') }}
),

placed as (
    select call_id from {{ ref('fct_calls') }}
    union all
    select call_id from {{ ref('quarantine_calls') }}
)

select
    coalesce(landed.call_id, placed.call_id) as call_id,
    count(placed.call_id) as places
from landed
full outer join placed on landed.call_id = placed.call_id
group by coalesce(landed.call_id, placed.call_id)
having count(placed.call_id) <> 1 or count(landed.call_id) <> 1
