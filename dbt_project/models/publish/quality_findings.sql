-- One row per finding of this night, as published to auditors.
select
    rule_id,
    severity,
    split_part(rule_id, '-', 1) as layer,
    source,
    table_name,
    column_name,
    anchors,
    kpi_id,
    unit_type,
    unit_code,
    period_type,
    period_from,
    period_to,
    rows_seen,
    rows_failed,
    sample_keys,
    message,
    is_in_marts,
    finding_sha256,
    waiver_id,
    {{ business_date() }} as business_date
from {{ ref('kpi_findings') }}
where found_date = {{ business_date() }}
