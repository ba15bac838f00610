-- One row per unit and month of whose created orders so many are kept out of the assessment (考核口径) that its rates no
-- longer speak for its work: a finding on the rates that are assessed.
with shares as (
    select
        full_caliber.unit_type,
        full_caliber.unit_code,
        full_caliber.period_start,
        full_caliber.period_end,
        full_caliber.created_count,
        full_caliber.created_count - coalesce(assessed.created_count, 0) as excluded_count
    from {{ ref('agg_orders_by_period') }} as full_caliber
    left join {{ ref('agg_orders_by_period') }} as assessed
        on
            full_caliber.unit_type = assessed.unit_type
            and full_caliber.unit_code = assessed.unit_code
            and full_caliber.period_type = assessed.period_type
            and full_caliber.period_start = assessed.period_start
            and assessed.caliber = 'assessed'
    where
        full_caliber.caliber = 'full'
        and full_caliber.period_type = 'month'
        and full_caliber.unit_type in ('city', 'district', 'street', 'unit')
)

select
    'L3-EXC-001' as rule_id,
    'warn' as severity,
    'agg_orders_by_period' as table_name,
    '' as column_name,
    'H06' as kpi_id,
    unit_type,
    unit_code,
    period_start as period_from,
    period_end as period_to,
    cast(created_count as bigint) as rows_seen,
    cast(excluded_count as bigint) as rows_failed,
    '' as sample_keys,
    concat('受理 ', created_count, ' 件中有 ', excluded_count, ' 件剔除于考核之外') as message
from shares
where
    created_count >= {{ threshold('share_min_cases') }}
    and excluded_count > {{ threshold('exclusion_warn_share') }} * created_count
