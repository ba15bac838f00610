-- One row per sheet, month of the report and rule by which returned rows were quarantined: a finding.
with counted as (
    select
        table_name,
        rule_id,
        cast({{ dbt.date_trunc('month', 'record_date') }} as date) as month_start,
        count(*) as rows_failed,
        min(record_key) as first_key
    from {{ ref('quarantine_returns') }}
    group by table_name, rule_id, cast({{ dbt.date_trunc('month', 'record_date') }} as date)
)

select
    counted.rule_id,
    'warn' as severity,
    counted.table_name,
    rules.column_name,
    '' as kpi_id,
    '' as unit_type,
    '' as unit_code,
    counted.month_start as period_from,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'counted.month_start')) }} as date) as period_to,
    cast(null as bigint) as rows_seen,
    counted.rows_failed,
    counted.first_key as sample_keys,
    concat_ws('', rules.reason_zh, '：', counted.rows_failed, ' 行') as message,
    concat_ws('', rules.reason, ': ', counted.rows_failed, ' in returns') as detail
from counted
inner join {{ ref('record_rules') }} as rules
    on counted.rule_id = rules.rule_id
