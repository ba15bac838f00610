-- One row per finding of any check of this night: what arrived, records, identities and the KPI frame itself.
-- is_in_marts is false for what was seen in a delivery that was refused: those rows are in no figure.
select
    rule_id,
    severity,
    source,
    table_name,
    column_name,
    kpi_id,
    unit_type,
    unit_code,
    cast(nullif(period_from, '') as date) as period_from,
    cast(nullif(period_to, '') as date) as period_to,
    rows_seen,
    rows_failed,
    sample_keys,
    message,
    is_in_marts
from {{ source('raw', 'findings') }}
{% for relation in [ref('qc_quarantined_records'), ref('qc_volume_band'), ref('qc_callback_coverage')] %}
union all
select
    rule_id,
    severity,
    split_part(table_name, '.', 1) as source,
    table_name,
    column_name,
    kpi_id,
    unit_type,
    unit_code,
    period_from,
    period_to,
    rows_seen,
    rows_failed,
    sample_keys,
    message,
    true as is_in_marts
from {{ relation }}
{% endfor %}
