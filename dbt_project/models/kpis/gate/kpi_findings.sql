-- One row per finding of any check: what arrived this night and in earlier ones, records, identities, the KPI frame.
-- anchors and period_type are '' where it does not matter by which days a KPI counts, or for which kind of period.
-- found_date is the night of the finding; what was found in an accepted delivery stands as long as its rows do.
-- message is Chinese, for readers; detail is English, with what an engineer needs to know, and identifies the finding.
-- A waiver that holds turns a blocking finding into a warning that says so.
-- is_in_marts is false for what was seen in a delivery that was refused: those rows are in no figure.
with found as (
    select
        findings.rule_id,
        findings.severity,
        findings.source,
        findings.table_name,
        findings.column_name,
        '' as anchors,
        findings.kpi_id,
        findings.unit_type,
        findings.unit_code,
        '' as period_type,
        cast(nullif(findings.period_from, '') as date) as period_from,
        cast(nullif(findings.period_to, '') as date) as period_to,
        findings.rows_seen,
        findings.rows_failed,
        findings.sample_keys,
        -- who reads a reason reads the rule's words in Chinese; what the check said is for who mends it
        concat_ws(
            '',
            '未通过“', coalesce(rules.reason_zh, findings.rule_id), '”',
            case
                when findings.rows_failed > 0 and findings.rows_seen > 0
                    then concat_ws('', '：检视 ', findings.rows_seen, ' 项，不合 ', findings.rows_failed, ' 项')
                when findings.rows_failed > 0 then concat_ws('', '：', findings.rows_failed, ' 处')
                else ''
            end
        ) as message,
        findings.message as detail,
        findings.is_in_marts,
        findings.found_date
    from {{ source('raw', 'findings') }} as findings
    left join {{ ref('qc_rules') }} as rules
        on findings.rule_id = rules.rule_id
    {% for relation in [ref('qc_quarantined_records'), ref('qc_quarantined_returns'), ref('qc_volume_band'),
        ref('qc_order_months'), ref('qc_callback_conservation'), ref('qc_suspicious_months')] %}
    {% set is_of_anchors = relation.identifier == 'qc_quarantined_records' %}
    union all
    select
        rule_id,
        severity,
        split_part(table_name, '.', 1) as source,
        table_name,
        column_name,
        {{ 'anchors' if is_of_anchors else "'' as anchors" }},
        kpi_id,
        unit_type,
        unit_code,
        {{ 'period_type' if is_of_anchors else "'' as period_type" }},
        period_from,
        period_to,
        rows_seen,
        rows_failed,
        sample_keys,
        message,
        detail,
        true as is_in_marts,
        {{ business_date() }} as found_date
    from {{ relation }}
    {% endfor %}
),

identified as (
    select
        *,
        {{ fingerprint([
            'rule_id', 'table_name', 'column_name', 'anchors', 'kpi_id', 'unit_type', 'unit_code', 'period_type',
            'period_from', 'period_to', 'rows_seen', 'rows_failed', 'sample_keys', 'detail'
        ]) }} as finding_sha256
    from found
),

-- one that two waivers speak about rests on the first
holding as (
    select
        finding_sha256,
        rule_id,
        min(waiver_id) as waiver_id
    from {{ source('raw', 'waivers') }}
    where approver <> author and {{ business_date() }} <= expires_on and {{ is_approved_in_time() }}
    group by finding_sha256, rule_id
)

select
    identified.rule_id,
    case when waivers.waiver_id is null then identified.severity else 'warn' end as severity,
    identified.source,
    identified.table_name,
    identified.column_name,
    identified.anchors,
    identified.kpi_id,
    identified.unit_type,
    identified.unit_code,
    identified.period_type,
    identified.period_from,
    identified.period_to,
    identified.rows_seen,
    identified.rows_failed,
    identified.sample_keys,
    case
        when waivers.waiver_id is null then identified.message
        else concat_ws(
            '',
            '已豁免 ', waivers.waiver_id, '（批准人 ', waivers.approver, '，有效至 ', waivers.expires_on, '）：',
            waivers.reason, '；', identified.message
        )
    end as message,
    identified.detail,
    identified.is_in_marts,
    identified.found_date,
    identified.finding_sha256,
    coalesce(waivers.waiver_id, '') as waiver_id
from identified
left join holding
    on
        case when identified.severity = 'block' then identified.finding_sha256 end = holding.finding_sha256
        and identified.rule_id = holding.rule_id
left join {{ source('raw', 'waivers') }} as waivers
    on holding.waiver_id = waivers.waiver_id
