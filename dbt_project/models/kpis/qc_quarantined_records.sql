-- One row per record rule, month and place (city, district) in which records were quarantined: a finding.
{% set entities = [
    ('hotline.work_orders', ref('fct_work_orders'), 'created_date', ref('quarantine_work_orders'), 'order_id', true),
    ('hotline.calls', ref('fct_calls'), 'call_date', ref('quarantine_calls'), 'call_id', false),
    ('grid.events', ref('fct_grid_events'), 'reported_date', ref('quarantine_grid_events'), 'event_id', true),
    ('stations.cases', ref('fct_cases'), 'accepted_date', ref('quarantine_cases'), 'case_id', true),
] %}
{# a record without a plausible day of its own is held against the day it landed #}
{% set plausible_date -%}
    case when record_date between {{ first_day() }} and {{ business_date() }} then record_date else landed_date end
{%- endset %}
with records as (
    {% for table_name, good, good_date, bad, key, has_district in entities %}
    select
        '{{ table_name }}' as table_name,
        cast(null as {{ dbt.type_string() }}) as rule_id,
        {{ 'district_code' if has_district else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as district_code,
        {{ good_date }} as record_date,
        cast(null as {{ dbt.type_string() }}) as record_key
    from {{ good }}
    -- only months with something in quarantine are weighed
    where {{ dbt.date_trunc('month', good_date) }} in (
        select {{ dbt.date_trunc('month', plausible_date) }} from {{ bad }}
    )
    union all
    select
        '{{ table_name }}' as table_name,
        rule_id,
        district_code,
        {{ plausible_date }} as record_date,
        {{ key }} as record_key
    from {{ bad }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

monthly as (
    select
        table_name,
        rule_id,
        record_key,
        district_code,
        cast({{ dbt.date_trunc('month', 'record_date') }} as date) as month_start
    from records
),

seen as (
    select
        table_name,
        month_start,
        case when grouping(district_code) = 0 then 'district' else 'city' end as unit_type,
        case when grouping(district_code) = 0 then district_code else '{{ var("city_code") }}' end as unit_code,
        count(*) as rows_seen
    from monthly
    group by grouping sets ((table_name, month_start), (table_name, month_start, district_code))
),

failed as (
    select
        table_name,
        rule_id,
        month_start,
        case when grouping(district_code) = 0 then 'district' else 'city' end as unit_type,
        case when grouping(district_code) = 0 then district_code else '{{ var("city_code") }}' end as unit_code,
        count(*) as rows_failed,
        min(record_key) as first_key
    from monthly
    where rule_id is not null
    group by grouping sets ((table_name, rule_id, month_start), (table_name, rule_id, month_start, district_code))
),

thresholds as (
    select
        max(case when name = 'quarantine_warn_share' then value end) as warn_share,
        max(case when name = 'quarantine_block_share' then value end) as block_share,
        max(case when name = 'quarantine_min_records' then value end) as min_records
    from {{ ref('gate_thresholds') }}
)

select
    failed.rule_id,
    case
        when failed.rows_failed >= thresholds.block_share * seen.rows_seen and seen.rows_seen >= thresholds.min_records
            then 'block'
        when failed.rows_failed >= thresholds.warn_share * seen.rows_seen then 'warn'
        else 'info'
    end as severity,
    failed.table_name,
    rules.column_name,
    '' as kpi_id,
    failed.unit_type,
    failed.unit_code,
    failed.month_start as period_from,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'failed.month_start')) }} as date) as period_to,
    seen.rows_seen,
    failed.rows_failed,
    failed.first_key as sample_keys,
    rules.reason as message
from failed
inner join seen
    on
        failed.table_name = seen.table_name
        and failed.month_start = seen.month_start
        and failed.unit_type = seen.unit_type
        and failed.unit_code = seen.unit_code
inner join {{ ref('record_rules') }} as rules
    on failed.rule_id = rules.rule_id
cross join thresholds
