-- One row per waiver of the reviewed file: whether it holds this night, and if not, why.
with waivers as (
    select * from {{ source('raw', 'waivers') }}
),

findings as (
    select
        rule_id,
        finding_sha256,
        min(waiver_id) as waiver_id,
        min(message) as message
    from {{ ref('kpi_findings') }}
    group by rule_id, finding_sha256
),

judged as (
    select
        waivers.*,
        findings.waiver_id as holding_id,
        coalesce(findings.message, '') as message,
        case
            when waivers.approver = waivers.author then 'approver_is_author'
            when not {{ is_approved_in_time() }} then 'not_yet_approved'
            when waivers.expires_on < {{ business_date() }} then 'expired'
            when findings.finding_sha256 is null then 'other_data'
            when findings.waiver_id = '' then 'nothing_to_waive'
            when findings.waiver_id <> waivers.waiver_id then 'waived_by_another'
            else 'holds'
        end as status
    from waivers
    left join findings
        on waivers.rule_id = findings.rule_id and waivers.finding_sha256 = findings.finding_sha256
)

select
    waiver_id,
    rule_id,
    finding_sha256,
    author,
    approver,
    reason,
    approved_on,
    expires_on,
    status,
    case status
        when 'holds' then '有效'
        when 'approver_is_author' then '无效：批准人即提出人'
        when 'not_yet_approved' then '无效：批准日晚于该夜的复核期限'
        when 'expired' then '无效：已过期'
        when 'other_data' then '无效：所指检查结果已不存在或其数据已变'
        when 'nothing_to_waive' then '无效：所指检查结果并未阻止公布'
        when 'waived_by_another' then '未用：已由另一豁免覆盖'
    end as status_zh,
    message as finding
from judged
