-- One row per identity (守恒), table, unit and month: what must be the same counted in two ways, and the difference. A
-- month that is null means the whole archive. The second count is a sum; parts has its terms in the order of the
-- identity, but not where they would tell a small number or what a rate or companion does not show.
{# entities: landed, which of it stands, counted, quarantined, rule #}
{% set entities = [
    ('hotline.work_orders', ref('int_orders_latest'), 'not ' ~ is_gone('status'), ref('fct_work_orders'),
        ref('quarantine_work_orders'), 'L3-IDN-001'),
    ('hotline.calls', ref('int_calls_latest'), none, ref('fct_calls'), ref('quarantine_calls'), 'L3-IDN-002'),
    ('grid.events', ref('int_grid_events_latest'), none, ref('fct_grid_events'), ref('quarantine_grid_events'), 'L3-IDN-003'),
    ('stations.cases', ref('int_cases_latest'), none, ref('fct_cases'), ref('quarantine_cases'), 'L3-IDN-004'),
] %}
{# volumes: facts, day, has a district, KPI, variant (none: all of them together) #}
{% set volumes = [
    ('hotline.work_orders', ref('fct_work_orders'), 'created_date', true, 'H04', 'main'),
    ('hotline.calls', ref('fct_calls'), 'call_date', false, 'H01', none),
    ('grid.events', ref('fct_grid_events'), 'reported_date', true, 'G04', 'raw'),
] %}
with deliveries as (
    select
        *,
        row_number() over (partition by source, table_name, business_date order by attempt desc) as recency
    from {{ source('raw', 'loads') }}
    where business_date <= {{ business_date() }}
),

orders as (
    select * from {{ ref('agg_orders_by_period') }}
    where period_type = 'month' and caliber = 'full' and unit_type in ('city', 'district')
),

attempts as (
    select
        cast({{ dbt.date_trunc('month', local_date('callbacks.called_at')) }} as date) as month_start,
        orders.district_code,
        callbacks.is_valid,
        callbacks.is_reached
    from {{ ref('int_callbacks_latest') }} as callbacks
    inner join {{ ref('fct_work_orders') }} as orders
        on callbacks.order_id = orders.order_id
    where callbacks.called_at <= {{ as_of() }}
),

callbacks as (
    select
        month_start,
        case when grouping(district_code) = 0 then 'district' else 'city' end as unit_type,
        case when grouping(district_code) = 0 then district_code else '{{ var("city_code") }}' end as unit_code,
        count(*) as attempt_count,
        {{ count_where('is_valid and is_reached') }} as valid_count,
        {{ count_where('not is_valid and is_reached') }} as invalid_count,
        {{ count_where('not is_valid and not is_reached') }} as not_reached_count
    from attempts
    group by grouping sets ((month_start), (month_start, district_code))
),

volumes as (
    {% for table_name, facts, day, has_district, kpi_id, variant in volumes %}
    select
        '{{ table_name }}' as table_name,
        '{{ kpi_id }}' as kpi_id,
        cast({{ dbt.date_trunc('month', day) }} as date) as month_start,
        {% if has_district -%}
        case when grouping(district_code) = 0 then 'district' else 'city' end as unit_type,
        case when grouping(district_code) = 0 then district_code else '{{ var("city_code") }}' end as unit_code,
        {%- else -%}
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code,
        {%- endif %}
        count(*) as row_count
    from {{ facts }}
    where {{ day }} <= {{ business_date() }}
    group by
        {% if has_district -%}
        grouping sets (
            (cast({{ dbt.date_trunc('month', day) }} as date)),
            (cast({{ dbt.date_trunc('month', day) }} as date), district_code)
        )
        {%- else -%}
        cast({{ dbt.date_trunc('month', day) }} as date)
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- a volume that is not shown, or is that of an earlier night, cannot be held against anything
shown as (
    select
        kpi_id,
        unit_type,
        unit_code,
        period_start,
        case when count(*) = count(numerator) and not max(is_stale) then sum(numerator) end as row_count
    from {{ ref('kpi_results') }}
    where
        period_type = 'month'
        and caliber = 'full'
        and unit_type in ('city', 'district')
        and (
            {% for table_name, facts, day, has_district, kpi_id, variant in volumes -%}
            (kpi_id = '{{ kpi_id }}'{{ " and variant = '" ~ variant ~ "'" if variant }}){{ ' or' if not loop.last }}
            {% endfor -%}
        )
    group by kpi_id, unit_type, unit_code, period_start
),

-- what an identity's terms would tell where it is not shown
hidden as (
    select
        case kpi_id when 'H06' then 'due' else 'attempted' end as identity,
        unit_type,
        unit_code,
        period_start as month_start
    from {{ ref('kpi_results') }}
    where
        kpi_id in ('H06', 'H07')
        and variant = 'main'
        and period_type = 'month'
        and caliber = 'full'
        and (verdict in ('SUPPRESSED', 'WITHHELD') or is_stale)
    union
    select
        'attempted' as identity,
        unit_type,
        unit_code,
        month_start
    from {{ ref('integrity_companions') }}
    where companion = 'invalid_callback_share' and not is_shown
),

identities as (
    select
        'source_landed' as identity,
        '' as rule_id,
        concat_ws('', source, '.', table_name) as table_name,
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code,
        cast({{ dbt.date_trunc('month', 'business_date') }} as date) as month_start,
        sum(coalesce(source_row_count, row_count)) as left_count,
        sum(row_count) as right_count,
        '' as parts
    from deliveries
    where recency = 1
    group by concat_ws('', source, '.', table_name), cast({{ dbt.date_trunc('month', 'business_date') }} as date)
    {% for table_name, landed, stands, good, bad, rule_id in entities %}
    union all
    select
        'landed_marts' as identity,
        '{{ rule_id }}' as rule_id,
        '{{ table_name }}' as table_name,
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code,
        cast(null as date) as month_start,
        landed.row_count as left_count,
        good.row_count + bad.row_count as right_count,
        concat_ws('', good.row_count, ' + ', bad.row_count) as parts
    from (select count(*) as row_count from {{ landed }}{{ " where " ~ stands if stands }}) as landed
    cross join (select count(*) as row_count from {{ good }}) as good
    cross join (select count(*) as row_count from {{ bad }}) as bad
    {% endfor %}
    union all
    select
        'marts_published' as identity,
        '' as rule_id,
        volumes.table_name,
        volumes.unit_type,
        volumes.unit_code,
        volumes.month_start,
        volumes.row_count as left_count,
        shown.row_count as right_count,
        '' as parts
    from volumes
    left join shown
        on
            volumes.kpi_id = shown.kpi_id
            and volumes.unit_type = shown.unit_type
            and volumes.unit_code = shown.unit_code
            and volumes.month_start = shown.period_start
    where volumes.unit_code is not null
    union all
    select
        'created' as identity,
        'L3-CON-001' as rule_id,
        'hotline.work_orders' as table_name,
        unit_type,
        unit_code,
        period_start as month_start,
        created_count as left_count,
        created_closed_count + created_open_count + withdrawn_count + merged_count as right_count,
        concat_ws(
            '', created_closed_count, ' + ', created_open_count, ' + ', withdrawn_count, ' + ', merged_count
        ) as parts
    from orders
    union all
    select
        'due' as identity,
        'L3-CON-002' as rule_id,
        'hotline.work_orders' as table_name,
        unit_type,
        unit_code,
        period_start as month_start,
        due_count as left_count,
        on_time_count + late_count + overdue_open_count + untimed_count as right_count,
        concat_ws('', on_time_count, ' + ', late_count, ' + ', overdue_open_count, ' + ', untimed_count) as parts
    from orders
    union all
    select
        'attempted' as identity,
        'L3-CON-003' as rule_id,
        'hotline.callbacks' as table_name,
        unit_type,
        unit_code,
        month_start,
        attempt_count as left_count,
        valid_count + invalid_count + not_reached_count as right_count,
        concat_ws('', valid_count, ' + ', invalid_count, ' + ', not_reached_count) as parts
    from callbacks
    where unit_code is not null
),

judged as (
    select
        identities.*,
        hidden.identity is null
        and (
            identities.month_start is null
            or identities.left_count = 0
            or identities.left_count >= {{ disclosure_floor() }}
        ) as is_told
    from identities
    left join hidden
        on
            identities.identity = hidden.identity
            and identities.unit_type = hidden.unit_type
            and identities.unit_code = hidden.unit_code
            and identities.month_start = hidden.month_start
),

-- the terms of one district would follow from those of the others and the city
told as (
    select
        *,
        is_told and (
            unit_type = 'city'
            or min(case when is_told then 1 else 0 end) over (partition by identity, table_name, month_start) = 1
        ) as are_parts_told
    from judged
)

select
    told.identity,
    told.rule_id,
    told.table_name,
    told.unit_type,
    told.unit_code,
    told.month_start,
    cast(told.left_count as bigint) as left_count,
    cast(round(told.right_count) as bigint) as right_count,
    case when told.are_parts_told then told.parts else '' end as parts,
    cast(round(told.left_count - told.right_count) as bigint) as difference
from told
