-- One row per finding of any check: what arrived this night and in earlier ones, records, identities, the KPI frame.
-- found_date is the night of the finding; what was found in an accepted delivery stands as long as its rows do.
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
    is_in_marts,
    found_date
from {{ source('raw', 'findings') }}
{% for relation in [ref('qc_quarantined_records'), ref('qc_quarantined_returns'), ref('qc_volume_band'),
    ref('qc_callback_coverage'), ref('qc_assumed_calendar'), ref('qc_order_conservation'),
    ref('qc_callback_conservation'), ref('qc_excluded_orders'), ref('qc_relaxed_tiers'), ref('qc_jumps'),
    ref('qc_ceilings')] %}
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
    true as is_in_marts,
    {{ business_date() }} as found_date
from {{ relation }}
{% endfor %}
