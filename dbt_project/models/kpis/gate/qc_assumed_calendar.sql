-- One row per clock, unit and month with deadlines beyond the years whose holidays the State Council has announced: a
-- plain Monday-to-Friday calendar was used, and the KPI says so.
{% for clock, clock_zh in [('unpaused', '不扣除暂停'), ('paused', '扣除暂停')] %}
select
    'L3-CAL-001' as rule_id,
    'warn' as severity,
    'int_order_deadlines' as table_name,
    '' as column_name,
    'H06' as kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(sum(rule_{{ clock }}_due_count) as bigint) as rows_seen,
    cast(sum(rule_{{ clock }}_assumed_count) as bigint) as rows_failed,
    '' as sample_keys,
    concat(
        '{{ clock_zh }}口径 ', sum(rule_{{ clock }}_due_count), ' 个期限中有 ', sum(rule_{{ clock }}_assumed_count),
        ' 个超出已公布的节假日安排，按周一至周五推算'
    ) as message
from {{ ref('agg_orders_by_period') }}
where caliber = 'full' and period_type = 'month'
group by unit_type, unit_code, period_start, period_end
having sum(rule_{{ clock }}_assumed_count) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
