-- Landed = counted + quarantined, and nothing is in both.
{{ config(meta={'rule_id': 'L3-IDN-004', 'severity': 'block', 'table_name': 'fct_cases'}) }}
with landed as (
    select case_id from {{ ref('int_cases_latest') }}
),

placed as (
    select case_id from {{ ref('fct_cases') }}
    union all
    select case_id from {{ ref('quarantine_cases') }}
)

select
    coalesce(landed.case_id, placed.case_id) as case_id,
    count(placed.case_id) as places
from landed
full outer join placed on landed.case_id = placed.case_id
group by coalesce(landed.case_id, placed.case_id)
having count(placed.case_id) <> 1 or count(landed.case_id) <> 1
