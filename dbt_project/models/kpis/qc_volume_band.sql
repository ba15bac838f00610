-- One row per source table whose volume of the day lies outside its usual band, or cannot be judged: a finding.
{% set volumes = [
    ('hotline.work_orders', ref('fct_work_orders'), 'created_date'),
    ('hotline.calls', ref('fct_calls'), 'call_date'),
    ('grid.events', ref('fct_grid_events'), 'reported_date'),
    ('stations.cases', ref('fct_cases'), 'accepted_date'),
] %}
with daily as (
    {% for table_name, fact, day in volumes %}
    select
        '{{ table_name }}' as table_name,
        {{ day }} as day,
        count(*) as record_count
    from {{ fact }}
    where {{ day }} > {{ dbt.dateadd('day', -29, business_date()) }} and {{ day }} <= {{ business_date() }}
    group by {{ day }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

judged as (
    select
        table_name,
        sum(case when day = {{ business_date() }} then record_count else 0 end) as today_count,
        median(case when day < {{ business_date() }} then record_count end) as usual_count,
        {{ count_where('day < ' ~ business_date()) }} as history_days
    from daily
    group by table_name
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
        judged.table_name,
        judged.today_count,
        judged.usual_count,
        judged.history_days,
        judged.history_days < thresholds.min_days as is_too_early
    from judged
    cross join thresholds
    where
        judged.history_days < thresholds.min_days
        or judged.today_count < thresholds.low_ratio * judged.usual_count
        or judged.today_count > thresholds.high_ratio * judged.usual_count
)

select
    'L3-VOL-001' as rule_id,
    case when is_too_early then 'info' else 'warn' end as severity,
    table_name,
    '' as column_name,
    '' as kpi_id,
    '' as unit_type,
    '' as unit_code,
    {{ business_date() }} as period_from,
    {{ business_date() }} as period_to,
    cast(today_count as bigint) as rows_seen,
    cast(0 as bigint) as rows_failed,
    '' as sample_keys,
    case
        when is_too_early then concat('the volume of the day cannot be judged yet: ', history_days, ' days of history')
        else concat(today_count, ' records of the day, usually ', cast(usual_count as bigint))
    end as message
from found
where
    split_part(table_name, '.', 1) in (
        select source from {{ source('raw', 'arrivals') }}
        where status = 'accepted'
    )
