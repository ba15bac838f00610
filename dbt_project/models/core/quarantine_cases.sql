-- One row per case that broke a record rule: not counted, not lost.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="case_id in (select case_id from {{ ref('int_cases_changed') }})") }}
-- depends_on: {{ ref('int_cases_changed') }}
select
    case_id,
    broken_rule_id as rule_id,
    resolved_district_code as district_code,
    street_code,
    community_code,
    known_station_code as station_code,
    {{ local_date('accepted_at') }} as record_date,
    is_personal,
    is_agent_handled,
    review,
    finished_at,
    landed_date
from {{ ref('int_cases_checked') }}
where broken_rule_id is not null
