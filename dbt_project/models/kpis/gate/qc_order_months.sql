-- One row per rule, KPI, unit and month whose orders a reader of the KPI must know about: a finding. They do not add up
-- (守恒), too many are kept out of the assessment, were given more time or were not called back, or their deadlines lie
-- beyond the announced holidays.
with months as (
    select * from {{ ref('agg_orders_by_period') }}
    where period_type = 'month'
),

full_caliber as (
    select * from months
    where caliber = 'full'
),

-- units whose rates are compared; communities and channels have too few orders for a share
compared as (
    select * from full_caliber
    where unit_type in ('city', 'district', 'street', 'unit')
),

asked as (
    select kpi_id from {{ ref('kpi_contract') }}
    where
        requires = 'callbacks'
        and kpi_id <> 'H11'
        and not exists (
            select 1 from {{ source('raw', 'absent_inputs') }} as absent
            where absent.input = 'callbacks'
        )
),

timed as (
    select distinct kpi_id from {{ ref('kpi_contract') }} -- variants of one
    where kpi_id in ('H06', 'T01', 'T02')
),

-- created = closed + open + withdrawn + merged, and due = on time + late + overdue and open
found as (
    select
        'L3-CON-001' as rule_id,
        'block' as severity,
        'created_count' as column_name,
        'H04' as kpi_id,
        unit_type,
        unit_code,
        period_start,
        period_end,
        created_count as rows_seen,
        abs(
            created_count - (created_closed_count + created_open_count + withdrawn_count + merged_count)
        ) as rows_failed,
        concat_ws(
            '',
            case caliber when 'full' then '全口径' else '考核口径' end, '：受理 ', created_count,
            ' 件，而办结、在办、撤回、合并共 ',
            created_closed_count + created_open_count + withdrawn_count + merged_count, ' 件'
        ) as message,
        concat_ws(
            '',
            caliber, ' caliber: ', created_count, ' created, but closed, open, withdrawn and merged make ',
            created_closed_count + created_open_count + withdrawn_count + merged_count
        ) as detail
    from months
    where created_count <> created_closed_count + created_open_count + withdrawn_count + merged_count
    union all
    select
        'L3-CON-002' as rule_id,
        'block' as severity,
        'due_count' as column_name,
        'H06' as kpi_id,
        unit_type,
        unit_code,
        period_start,
        period_end,
        due_count as rows_seen,
        abs(due_count - (on_time_count + late_count + overdue_open_count + untimed_count)) as rows_failed,
        concat_ws(
            '',
            case caliber when 'full' then '全口径' else '考核口径' end, '：到期 ', due_count,
            ' 件，而按时、超时办结、超期未结、办结时间不明共 ',
            on_time_count + late_count + overdue_open_count + untimed_count, ' 件'
        ) as message,
        concat_ws(
            '',
            caliber, ' caliber: ', due_count,
            ' due, but on time, late, overdue and open, and over at an unknown time make ',
            on_time_count + late_count + overdue_open_count + untimed_count
        ) as detail
    from months
    where due_count <> on_time_count + late_count + overdue_open_count + untimed_count
    union all
    select
        'L3-EXC-001' as rule_id,
        'warn' as severity,
        '' as column_name,
        'H06' as kpi_id,
        compared.unit_type,
        compared.unit_code,
        compared.period_start,
        compared.period_end,
        compared.created_count as rows_seen,
        compared.created_count - coalesce(assessed.created_count, 0) as rows_failed,
        concat_ws(
            '',
            '受理 ', compared.created_count, ' 件中有 ', compared.created_count - coalesce(assessed.created_count, 0),
            ' 件剔除于考核之外'
        ) as message,
        concat_ws(
            '',
            compared.created_count - coalesce(assessed.created_count, 0), ' of ', compared.created_count,
            ' created are kept out of the assessment'
        ) as detail
    from compared
    left join months as assessed
        on
            compared.unit_type = assessed.unit_type
            and compared.unit_code = assessed.unit_code
            and compared.period_start = assessed.period_start
            and assessed.caliber = 'assessed'
    where
        compared.created_count >= {{ threshold('share_min_cases') }}
        and compared.created_count - coalesce(assessed.created_count, 0)
        > {{ threshold('exclusion_warn_share') }} * compared.created_count
    union all
    select
        'L3-TIR-001' as rule_id,
        'warn' as severity,
        '' as column_name,
        timed.kpi_id,
        compared.unit_type,
        compared.unit_code,
        compared.period_start,
        compared.period_end,
        compared.dispatched_count as rows_seen,
        compared.tier_relaxed_count as rows_failed,
        concat_ws(
            '',
            '逾 ', {{ nearest_integer('100 * ' ~ threshold('tier_relaxed_warn_share')) }}, ' % 的派单改入时限更宽的档次'
        ) as message,
        concat_ws(
            '',
            'more than ', {{ nearest_integer('100 * ' ~ threshold('tier_relaxed_warn_share')) }},
            ' % of the dispatched were moved to a tier with more time'
        ) as detail
    from compared
    cross join timed
    where
        compared.dispatched_count >= {{ threshold('share_min_cases') }}
        and compared.tier_relaxed_count > {{ threshold('tier_relaxed_warn_share') }} * compared.dispatched_count
    union all
    -- rates of the few who were asked do not speak for the rest
    select
        'L3-COV-001' as rule_id,
        'warn' as severity,
        '' as column_name,
        asked.kpi_id,
        compared.unit_type,
        compared.unit_code,
        compared.period_start,
        compared.period_end,
        compared.eligible_count as rows_seen,
        compared.eligible_count - compared.called_back_count as rows_failed,
        concat_ws(
            '',
            '有效回访不足办结的 ', {{ nearest_integer('100 * ' ~ threshold('callback_coverage_floor')) }}, ' %，不足以代表全体'
        ) as message,
        concat_ws(
            '',
            'validly called back: less than ', {{ nearest_integer('100 * ' ~ threshold('callback_coverage_floor')) }},
            ' % of the closed, too few to speak for all'
        ) as detail
    from compared
    cross join asked
    where
        compared.eligible_count >= {{ threshold('callback_coverage_min_orders') }}
        and compared.called_back_count < {{ threshold('callback_coverage_floor') }} * compared.eligible_count
    {% for clock, clock_zh in [('unpaused', '不扣除暂停'), ('paused', '扣除暂停')] %}
    union all
    -- beyond the years whose holidays the State Council has announced Monday to Friday are taken for working days
    select
        'L3-CAL-001' as rule_id,
        'warn' as severity,
        '' as column_name,
        'H06' as kpi_id,
        unit_type,
        unit_code,
        period_start,
        period_end,
        rule_{{ clock }}_due_count as rows_seen,
        rule_{{ clock }}_assumed_count as rows_failed,
        concat_ws(
            '',
            '{{ clock_zh }}口径 ', rule_{{ clock }}_due_count, ' 个期限中有 ', rule_{{ clock }}_assumed_count,
            ' 个超出已公布的节假日安排，按周一至周五推算'
        ) as message,
        concat_ws(
            '',
            rule_{{ clock }}_assumed_count, ' of ', rule_{{ clock }}_due_count, ' deadlines ({{ clock }} clock) lie ',
            'beyond the announced holidays and were worked out by Monday to Friday'
        ) as detail
    from full_caliber
    where rule_{{ clock }}_assumed_count > 0
    {% endfor %}
)

select
    rule_id,
    severity,
    case rule_id
        when 'L3-COV-001' then 'hotline.callbacks'
        when 'L3-CAL-001' then 'int_order_deadlines'
        else 'agg_orders_by_period'
    end as table_name,
    column_name,
    kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(rows_seen as bigint) as rows_seen,
    cast(rows_failed as bigint) as rows_failed,
    '' as sample_keys,
    message,
    detail
from found
