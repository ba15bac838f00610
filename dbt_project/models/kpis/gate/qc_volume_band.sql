-- One row per source table and day since the first delivery whose volume lies outside its usual band, or cannot be
-- judged on the business date: a finding.
{% set volumes = [
    ('hotline.work_orders', ref('fct_work_orders'), 'created_date'),
    ('hotline.calls', ref('fct_calls'), 'call_date'),
    ('grid.events', ref('fct_grid_events'), 'reported_date'),
    ('stations.cases', ref('fct_cases'), 'accepted_date'),
] %}
with counted as (
    {% for table_name, fact, day in volumes %}
    select
        '{{ table_name }}' as table_name,
        {{ day }} as day,
        count(*) as record_count
    from {{ fact }}
    where {{ day }} <= {{ business_date() }}
    group by {{ day }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

accepted as (
    select source from {{ source('raw', 'arrivals') }}
    where status = 'accepted'
),

tables as (
    select distinct table_name from counted -- many days of one table
),

judged_days as (
    select
        tables.table_name,
        days.day,
        coalesce(counted.record_count, 0) as record_count
    from tables
    cross join {{ ref('dim_days') }} as days
    left join counted
        on tables.table_name = counted.table_name and days.day = counted.day
    where
        days.day between (select min(business_date) from {{ source('raw', 'loads') }}) and {{ business_date() }}
        and split_part(tables.table_name, '.', 1) in (select accepted.source from accepted)
),

compared as (
    select
        judged_days.table_name,
        judged_days.day,
        judged_days.record_count,
        median(history.record_count) as usual_count,
        count(history.record_count) as history_days
    from judged_days
    left join counted as history
        on
            judged_days.table_name = history.table_name
            and judged_days.day > history.day
            and {{ dbt.dateadd('day', -28, 'judged_days.day') }} <= history.day
    group by
        judged_days.table_name,
        judged_days.day,
        judged_days.record_count
),

thresholds as (
    select
        max(case when name = 'volume_low_ratio' then value end) as low_ratio,
        max(case when name = 'volume_high_ratio' then value end) as high_ratio,
        max(case when name = 'volume_min_days' then value end) as min_days
    from {{ ref('gate_thresholds') }}
),

found as (
    select
        compared.table_name,
        compared.day,
        compared.record_count,
        compared.usual_count,
        compared.history_days,
        compared.history_days < thresholds.min_days as is_too_early
    from compared
    cross join thresholds
    where
        (compared.history_days < thresholds.min_days and compared.day = {{ business_date() }})
        or (
            compared.history_days >= thresholds.min_days
            and (
                compared.record_count < thresholds.low_ratio * compared.usual_count
                or compared.record_count > thresholds.high_ratio * compared.usual_count
            )
        )
)

select
    'L3-VOL-001' as rule_id,
    case when is_too_early then 'info' else 'warn' end as severity,
    table_name,
    '' as column_name,
    '' as kpi_id,
    '' as unit_type,
    '' as unit_code,
    day as period_from,
    day as period_to,
    cast(record_count as bigint) as rows_seen,
    cast(0 as bigint) as rows_failed,
    '' as sample_keys,
    case
        when is_too_early then concat_ws('', '当日数量尚无从比较：历史仅 ', history_days, ' 天')
        else concat_ws('', '当日 ', record_count, ' 条，平时约 ', {{ nearest_integer('usual_count', 'bigint') }}, ' 条')
    end as message,
    case
        when is_too_early then concat_ws('', 'nothing to hold the day against: ', history_days, ' days of history')
        else concat_ws(
            '', 'the day has ', record_count, ', usually about ', {{ nearest_integer('usual_count', 'bigint') }}
        )
    end as detail
from found
