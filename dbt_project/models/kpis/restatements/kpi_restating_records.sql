-- One row per landed record that is new or another since the release before, and each version of it that counts or
-- counted: the days and places it knows itself.
{% set no_code = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
with releases as (
    select * from {{ source('raw', 'previous_release') }}
    where exists (select 1 from {{ ref('kpi_restated_cells') }})
),

landed as (
    select
        table_name,
        business_date,
        attempt
    from {{ source('raw', 'landed_since_release') }}
),

keys as (
    select * from {{ ref('kpi_restating_keys') }}
),

versions as (
    {%- for entry in restating_tables() %}
    {%- set staging = ref('stg_' ~ entry.table | replace('.', '__')) %}
    {%- set days = [] %}
    {%- for column in entry.days or entry.moments %}
    {%- do days.append(column if entry.days else local_date(column)) %}
    {%- endfor %}
    select
        '{{ entry.table }}' as table_name,
        {{ record_key(entry.key) }} as record_key,
        '{{ entry.entity }}' as entity,
        {{ entry.entity_key }} as entity_key,
        {% for number in range(4) -%}
        {{ days[number] or 'cast(null as date)' }} as day_{{ number + 1 }},
        {% endfor -%}
        {{ entry.place or no_code }} as place_code,
        {{ entry.other_place or no_code }} as other_place_code,
        {{ entry.unit or no_code }} as responsible_code,
        {{ row_content(staging) }} as content,
        {{ entry.version or 'cast(null as timestamp)' }} as version_at,
        landed_date,
        landed_attempt
    from {{ staging }}
    where
        {{ record_key(entry.key) }} in (
            select keys.record_key from keys
            where keys.table_name = '{{ entry.table }}'
        )
        {{- ' and ' ~ entry.only if entry.only }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sided as (
    select
        versions.*,
        keys.is_due_now,
        (versions.table_name, versions.landed_date, versions.landed_attempt) in (select * from landed) as is_new
    from versions
    inner join keys
        on versions.table_name = keys.table_name and versions.record_key = keys.record_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by table_name, record_key order by version_at desc, landed_date desc, landed_attempt desc
        ) as recency,
        row_number() over (
            partition by table_name, record_key, is_new
            order by version_at desc, landed_date desc, landed_attempt desc
        ) as recency_of_side
    from sided
),

compared as (
    select
        *,
        max(case when recency = 1 then content end) over (partition by table_name, record_key) as content_now,
        max(case when not is_new and recency_of_side = 1 then content end)
            over (partition by table_name, record_key) as content_before
    from ranked
),

-- subjects and periods about which nothing was delivered before
first_returns as (
    select
        deliveries.workbook,
        deliveries.report_period
    from {{ ref('stg_returns__deliveries') }} as deliveries
    cross join releases
    left join landed
        on
            landed.table_name = 'returns.deliveries'
            and deliveries.landed_date = landed.business_date
            and deliveries.landed_attempt = landed.attempt
    group by deliveries.workbook, deliveries.report_period
    having count(*) = count(landed.table_name)
),

current_returns as (
    select deliveries.*
    from {{ ref('stg_returns__deliveries') }} as deliveries
    inner join first_returns
        on
            deliveries.workbook = first_returns.workbook
            and deliveries.report_period = first_returns.report_period
    where deliveries.is_current
)

select
    table_name,
    record_key,
    content_before is null or is_due_now as is_late,
    entity,
    entity_key,
    day_1,
    day_2,
    day_3,
    day_4,
    place_code,
    other_place_code,
    responsible_code
from compared
where
    (recency = 1 or (not is_new and recency_of_side = 1))
    and (content_before is null or content_before <> content_now or is_due_now)
union all
select
    concat_ws('', 'returns.', sent.sheet) as table_name,
    concat_ws('', sent.report_period, '/', cast(sent.row_number as {{ dbt.type_string() }})) as record_key,
    true as is_late,
    'return' as entity,
    sent.report_period as entity_key,
    current_returns.report_from as day_1,
    current_returns.report_to as day_2,
    cast(null as date) as day_3,
    cast(null as date) as day_4,
    {{ no_code }} as place_code,
    {{ no_code }} as other_place_code,
    {{ no_code }} as responsible_code
from {{ ref('int_returned_rows') }} as sent
inner join current_returns
    on
        sent.workbook = current_returns.workbook
        and sent.report_period = current_returns.report_period
        and sent.delivered_on = current_returns.delivered_on
        and sent.landed_date = current_returns.landed_date
        and sent.landed_attempt = current_returns.landed_attempt
