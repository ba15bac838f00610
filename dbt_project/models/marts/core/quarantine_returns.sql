-- One row per returned row that breaks a rule: it is in no figure.
select
    'returns.studios' as table_name,
    concat(report_period, '/studios/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_studios') }}
where broken_rule is not null
union all
select
    'returns.proposals' as table_name,
    concat(report_period, '/proposals/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_proposals') }}
where broken_rule is not null
union all
select
    'returns.consultations' as table_name,
    concat(report_period, '/consultations/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_consultations') }}
where broken_rule is not null
union all
select
    'returns.opinions' as table_name,
    concat(report_period, '/opinions/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_opinions') }}
where broken_rule is not null
union all
select
    'returns.checkin_units' as table_name,
    concat(report_period, '/checkin_units/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_checkin_units') }}
where broken_rule is not null
union all
select
    'returns.checkin_members' as table_name,
    concat(report_period, '/checkin_members/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_checkin_members') }}
where broken_rule is not null
union all
select
    'returns.needs' as table_name,
    concat(report_period, '/needs/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_needs') }}
where broken_rule is not null
union all
select
    'returns.checkin_feedback' as table_name,
    concat(report_period, '/checkin_feedback/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_checkin_feedback') }}
where broken_rule is not null
union all
select
    'returns.department_calls' as table_name,
    concat(report_period, '/department_calls/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_department_calls') }}
where broken_rule is not null
union all
select
    'returns.department_ratings' as table_name,
    concat(report_period, '/department_ratings/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_department_ratings') }}
where broken_rule is not null
union all
select
    'returns.meetings' as table_name,
    concat(report_period, '/meetings/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_meetings') }}
where broken_rule is not null
union all
select
    'returns.meeting_decisions' as table_name,
    concat(report_period, '/meeting_decisions/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_meeting_decisions') }}
where broken_rule is not null
union all
select
    'returns.disputes' as table_name,
    concat(report_period, '/disputes/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_disputes') }}
where broken_rule is not null
union all
select
    'returns.posts' as table_name,
    concat(report_period, '/posts/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_posts') }}
where broken_rule is not null
union all
select
    'returns.benchmark_checks' as table_name,
    concat(report_period, '/benchmark_checks/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_benchmark_checks') }}
where broken_rule is not null
union all
select
    'returns.benchmarks' as table_name,
    concat(report_period, '/benchmarks/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_benchmarks') }}
where broken_rule is not null
union all
select
    'returns.projects' as table_name,
    concat(report_period, '/projects/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_projects') }}
where broken_rule is not null
union all
select
    'returns.funds' as table_name,
    concat(report_period, '/funds/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_funds') }}
where broken_rule is not null
union all
select
    'returns.survey_waves' as table_name,
    concat(report_period, '/survey_waves/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_survey_waves') }}
where broken_rule is not null
