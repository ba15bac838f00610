-- One row per clock, unit and month with deadlines beyond the years whose holidays the State Council has announced: a
-- plain Monday-to-Friday calendar was used, and the KPI says so.
{% for clock in ['unpaused', 'paused'] %}
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
        sum(rule_{{ clock }}_assumed_count), ' of ', sum(rule_{{ clock }}_due_count),
        ' deadlines ({{ clock }} clock) lie beyond the known calendar: Monday to Friday was assumed'
    ) as message
from {{ ref('agg_orders_by_period') }}
where caliber = 'full' and period_type = 'month'
group by unit_type, unit_code, period_start, period_end
having sum(rule_{{ clock }}_assumed_count) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
