-- One row per finding of this night, as published to auditors. The night is the release's and stands in no row: what
-- stays found stays the same row. Where its counts are those of a figure that is hidden,
-- they are left out; what says that one hidden figure is odd is left out whole: it concerns no figure that is shown.
with hidden as (
    select
        kpi_id,
        unit_type,
        unit_code,
        period_start,
        period_end
    from {{ ref('kpi_results') }}
    where variant = 'main' and caliber = 'full' and period_type = 'month' and verdict = 'SUPPRESSED'
),

findings as (
    select
        *,
        -- whose figures its counts are
        case rule_id
            when 'L3-COV-001' then 'H11'
            when 'L3-TIR-001' then 'T04'
            when 'L3-JMP-001' then kpi_id
            when 'L3-CEI-001' then kpi_id
            else ''
        end as told_kpi_id
    from {{ ref('kpi_findings') }}
    where found_date = {{ business_date() }}
),

judged as (
    select
        findings.*,
        hidden.kpi_id is not null as is_of_hidden
    from findings
    left join hidden
        on
            findings.told_kpi_id = hidden.kpi_id
            and findings.unit_type = hidden.unit_type
            and findings.unit_code = hidden.unit_code
            and findings.period_from = hidden.period_start
            and findings.period_to = hidden.period_end
)

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
    case when not is_of_hidden then rows_seen end as rows_seen,
    case when not is_of_hidden then rows_failed end as rows_failed,
    sample_keys,
    message,
    detail,
    is_in_marts,
    -- a hash of few possible counts tells them too
    case when is_of_hidden then '' else finding_sha256 end as finding_sha256,
    waiver_id
from judged
where not (is_of_hidden and told_kpi_id = kpi_id)
