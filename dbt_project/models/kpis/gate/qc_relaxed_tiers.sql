-- One row per KPI, unit and month in which so many orders were moved to a tier with more time (立行→限时→跟踪) that being on
-- time says little: a finding on the on-time rates.
with concerned as (
    select distinct kpi_id from {{ ref('kpi_contract') }} -- variants of one
    where kpi_id in ('H06', 'T01', 'T02')
)

select
    'L3-TIR-001' as rule_id,
    'warn' as severity,
    'agg_orders_by_period' as table_name,
    '' as column_name,
    concerned.kpi_id,
    orders.unit_type,
    orders.unit_code,
    orders.period_start as period_from,
    orders.period_end as period_to,
    cast(orders.dispatched_count as bigint) as rows_seen,
    cast(orders.tier_relaxed_count as bigint) as rows_failed,
    '' as sample_keys,
    concat(
        '逾 ', cast(100 * {{ threshold('tier_relaxed_warn_share') }} as integer), ' % 的派单改入时限更宽的档次'
    ) as message
from {{ ref('agg_orders_by_period') }} as orders
cross join concerned
where
    orders.caliber = 'full'
    and orders.period_type = 'month'
    and orders.unit_type in ('city', 'district', 'street', 'unit')
    and orders.dispatched_count >= {{ threshold('share_min_cases') }}
    and orders.tier_relaxed_count > {{ threshold('tier_relaxed_warn_share') }} * orders.dispatched_count
