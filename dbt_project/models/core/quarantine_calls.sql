-- One row per call that broke a record rule: not counted, not lost.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="call_id in (select call_id from {{ ref('int_calls_changed') }})") }}
-- depends_on: {{ ref('int_calls_changed') }}
select
    call_id,
    broken_rule_id as rule_id,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    {{ local_date('started_at') }} as record_date,
    direction,
    started_at,
    offered_at,
    landed_date
from {{ ref('int_calls_checked') }}
where broken_rule_id is not null
