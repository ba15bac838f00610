-- One row per record rule, days by which KPIs count (anchors), unit and period from whose counts so many records were
-- set aside that it must be said: a finding. What several rules set aside is weighed together, and so is what a KPI
-- counts by several days. Records of unknown day weigh as many as are to be expected in the period. Below the threshold
-- a note stands for the record: of city and districts, by month.
with anchor_sets as (
    select distinct -- several KPIs count alike
        contract.anchors,
        inputs.input as anchor,
        grains.unit_type,
        grains.period_type
    from {{ ref('kpi_contract') }} as contract
    inner join {{ ref('kpi_inputs') }} as inputs
        on contract.kpi_id = inputs.kpi_id and contract.variant = inputs.variant and inputs.kind = 'anchor'
    inner join {{ ref('kpi_grains') }} as grains
        on contract.kpi_id = grains.kpi_id and contract.variant = grains.variant
),

missing as (
    select
        dated.anchor,
        dated.table_name,
        dated.rule_id,
        dated.unit_type,
        dated.unit_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        cast(count(*) as decimal(18, 4)) as record_count,
        min(dated.record_key) as first_key,
        false as is_undated
    from {{ ref('qc_quarantined_days') }} as dated
    inner join {{ ref('bridge_days_periods') }} as periods
        on dated.to_day = periods.day
    where dated.from_day = dated.to_day
    group by
        dated.anchor, dated.table_name, dated.rule_id, dated.unit_type, dated.unit_code, periods.period_type,
        periods.period_start, periods.period_end
    union all
    select
        anchor,
        table_name,
        rule_id,
        unit_type,
        unit_code,
        period_type,
        period_start,
        period_end,
        expected_count as record_count,
        first_key,
        true as is_undated
    from {{ ref('qc_undated_records') }}
),

failed as (
    select
        anchor_sets.anchors,
        missing.unit_type,
        missing.unit_code,
        missing.period_type,
        missing.period_start,
        missing.period_end,
        missing.table_name,
        missing.rule_id,
        sum(missing.record_count) as rows_failed,
        min(missing.first_key) as first_key,
        max(case when missing.is_undated then 1 else 0 end) = 1 as is_estimated
    from missing
    inner join anchor_sets
        on
            missing.unit_type = anchor_sets.unit_type
            and missing.period_type = anchor_sets.period_type
            and missing.anchor = anchor_sets.anchor
    group by
        anchor_sets.anchors, missing.unit_type, missing.unit_code, missing.period_type, missing.period_start,
        missing.period_end, missing.table_name, missing.rule_id
),

counted as (
    {% for entity in anchored_tables() %}
    select
        anchors.anchor,
        unit_type,
        unit_code,
        period_type,
        period_start,
        {{ of_anchor(entity, 'counted') }} as record_count
    from {{ entity.counts }}
    cross join {{ anchors_of(entity) }}
    where
        caliber = 'full'
        and (unit_type, unit_code, period_type, period_start) in (
            select
                failed.unit_type,
                failed.unit_code,
                failed.period_type,
                failed.period_start
            from failed
        )
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

kept as (
    select
        anchor_sets.anchors,
        counted.unit_type,
        counted.unit_code,
        counted.period_type,
        counted.period_start,
        sum(counted.record_count) as rows_kept
    from counted
    inner join anchor_sets
        on
            counted.unit_type = anchor_sets.unit_type
            and counted.period_type = anchor_sets.period_type
            and counted.anchor = anchor_sets.anchor
    group by
        anchor_sets.anchors, counted.unit_type, counted.unit_code, counted.period_type, counted.period_start
),

weighed as (
    select
        failed.*,
        sum(failed.rows_failed) over (
            partition by
                failed.anchors, failed.unit_type, failed.unit_code, failed.period_type, failed.period_start
        ) as all_failed,
        coalesce(kept.rows_kept, 0) as rows_kept
    from failed
    left join kept
        on
            failed.anchors = kept.anchors
            and failed.unit_type = kept.unit_type
            and failed.unit_code = kept.unit_code
            and failed.period_type = kept.period_type
            and failed.period_start = kept.period_start
),

judged as (
    select
        *,
        cast(round(ceil(all_failed) + rows_kept) as bigint) as rows_seen,
        case
            when all_failed + rows_kept < {{ threshold('quarantine_min_records') }} then 'info'
            when all_failed >= {{ threshold('quarantine_block_share') }} * (all_failed + rows_kept) then 'block'
            when all_failed >= {{ threshold('quarantine_warn_share') }} * (all_failed + rows_kept) then 'warn'
            else 'info'
        end as severity
    from weighed
)

select
    judged.rule_id,
    judged.severity,
    judged.table_name,
    rules.column_name,
    judged.anchors,
    '' as kpi_id,
    judged.unit_type,
    judged.unit_code,
    judged.period_type,
    judged.period_start as period_from,
    judged.period_end as period_to,
    judged.rows_seen,
    cast(ceil(judged.rows_failed) as bigint) as rows_failed,
    judged.first_key as sample_keys,
    concat_ws(
        '',
        rules.reason_zh, '：', case when judged.is_estimated then '约 ' else '' end,
        cast(ceil(judged.rows_failed) as bigint), ' 件',
        case when judged.is_estimated then '（日期不明的按所在批次的期间分摊）' else '' end, '；全部规则共隔离 ',
        cast(ceil(judged.all_failed) as bigint), '/', judged.rows_seen, ' 件'
    ) as message,
    concat_ws(
        '',
        rules.reason, ': ', case when judged.is_estimated then 'about ' else '' end,
        cast(ceil(judged.rows_failed) as bigint), ' of the ', cast(ceil(judged.all_failed) as bigint), ' set aside of ',
        judged.rows_seen, ' records',
        case when judged.is_estimated then ' (those of unknown day shared out over their delivery)' else '' end
    ) as detail
from judged
inner join {{ ref('record_rules') }} as rules
    on judged.rule_id = rules.rule_id
where
    judged.severity <> 'info'
    or (
        judged.unit_type in ('city', 'district')
        and judged.period_type = 'month'
        and judged.rows_failed >= 1
        and judged.anchors in (
            'hotline.work_orders/created', 'hotline.calls/inbound', 'hotline.calls/outbound', 'grid.events/reported',
            'stations.cases/finished'
        )
    )
