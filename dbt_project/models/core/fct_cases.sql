-- One row per case that can be counted (办件).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="case_id in (select case_id from {{ ref('int_cases_changed') }})") }}
-- depends_on: {{ ref('int_cases_changed') }}
select
    case_id,
    item_code,
    is_personal,
    handling_level,
    coalesce(is_agent_handled, false) as is_agent_handled,
    -- near people (就近办理): decided there, or brought there by an agent, whatever level decides it
    handling_level in ('street', 'community', 'self_service')
    or (coalesce(is_agent_handled, false) and known_station_code is not null) as is_local,
    known_station_code as station_code,
    community_code,
    street_code,
    resolved_district_code as district_code,
    applicant_key,
    accepted_at,
    promised_at,
    finished_at,
    review,
    {{ local_date('accepted_at') }} as accepted_date,
    {{ local_date('finished_at') }} as finished_date
from {{ ref('int_cases_checked') }}
where broken_rule_id is null
