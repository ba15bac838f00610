-- One row per unit and month in which orders do not add up (守恒): created = closed + open + withdrawn + merged, and
-- due = on time + late + overdue and open. A finding that withholds what rests on them, there and then.
with counted as (
    select
        unit_type,
        unit_code,
        period_start,
        period_end,
        caliber,
        created_count,
        created_closed_count + created_open_count + withdrawn_count + merged_count as explained_count,
        due_count,
        on_time_count + late_count + overdue_open_count as judged_count
    from {{ ref('agg_orders_by_period') }}
    where period_type = 'month'
)

select
    'L3-CON-001' as rule_id,
    'block' as severity,
    'agg_orders_by_period' as table_name,
    'created_count' as column_name,
    'H04' as kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(created_count as bigint) as rows_seen,
    cast(abs(created_count - explained_count) as bigint) as rows_failed,
    '' as sample_keys,
    concat(
        case caliber when 'full' then '全口径' else '考核口径' end,
        '：受理 ', created_count, ' 件，而办结、在办、撤回、合并共 ', explained_count, ' 件'
    ) as message
from counted
where created_count <> explained_count
union all
select
    'L3-CON-002' as rule_id,
    'block' as severity,
    'agg_orders_by_period' as table_name,
    'due_count' as column_name,
    'H06' as kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(due_count as bigint) as rows_seen,
    cast(abs(due_count - judged_count) as bigint) as rows_failed,
    '' as sample_keys,
    concat(
        case caliber when 'full' then '全口径' else '考核口径' end,
        '：到期 ', due_count, ' 件，而按时、超时办结、超期未结共 ', judged_count, ' 件'
    ) as message
from counted
where due_count <> judged_count
