-- One row per place and month in which attempts to call back do not add up (回访守恒): attempted = valid + invalid + not
-- reached. An attempt that is valid and never reached anybody, or says neither, belongs to none of them.
with attempts as (
    select
        cast({{ dbt.date_trunc('month', local_date('callbacks.called_at')) }} as date) as month_start,
        orders.district_code,
        callbacks.callback_id,
        coalesce(
            (callbacks.is_valid and callbacks.is_reached)
            or (not callbacks.is_valid and callbacks.is_reached)
            or (not callbacks.is_valid and not callbacks.is_reached),
            false
        ) as is_explained
    from {{ ref('int_callbacks_latest') }} as callbacks
    inner join {{ ref('fct_work_orders') }} as orders
        on callbacks.order_id = orders.order_id
    where callbacks.called_at <= {{ as_of() }}
),

counted as (
    select
        month_start,
        case when grouping(district_code) = 0 then 'district' else 'city' end as unit_type,
        case when grouping(district_code) = 0 then district_code else '{{ var("city_code") }}' end as unit_code,
        count(*) as attempt_count,
        {{ count_where('not is_explained') }} as unexplained_count,
        min(case when not is_explained then callback_id end) as first_key
    from attempts
    group by grouping sets ((month_start), (month_start, district_code))
),

thresholds as (
    select max(case when name = 'quarantine_block_share' then value end) as block_share
    from {{ ref('gate_thresholds') }}
),

concerned as (
    select distinct kpi_id from {{ ref('kpi_contract') }} -- several figures of one KPI
    where requires = 'callbacks'
)

select
    'L3-CON-003' as rule_id,
    case
        when counted.unexplained_count >= thresholds.block_share * counted.attempt_count then 'block' else 'warn'
    end as severity,
    'hotline.callbacks' as table_name,
    'is_valid' as column_name,
    concerned.kpi_id,
    counted.unit_type,
    counted.unit_code,
    counted.month_start as period_from,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'counted.month_start')) }} as date) as period_to,
    cast(counted.attempt_count as bigint) as rows_seen,
    cast(counted.unexplained_count as bigint) as rows_failed,
    counted.first_key as sample_keys,
    concat_ws(
        '',
        '回访尝试 ', counted.attempt_count, ' 次中有 ', counted.unexplained_count, ' 次既非有效、无效，也非未接通'
    ) as message,
    concat_ws(
        '',
        counted.unexplained_count, ' of ', counted.attempt_count,
        ' attempts to call back are neither valid nor invalid nor not reached'
    ) as detail
from counted
cross join thresholds
cross join concerned
where counted.unexplained_count > 0 and counted.unit_code is not null
