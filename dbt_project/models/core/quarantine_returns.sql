-- One row per returned row that breaks a rule: it is in no figure.
select
    concat_ws('', 'returns.', sheet) as table_name,
    concat_ws('', report_period, '/', sheet, '/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    place_district_code as district_code,
    place_street_code as street_code,
    report_to as record_date,
    landed_date
from {{ ref('int_returned_rows_checked') }}
where broken_rule is not null
