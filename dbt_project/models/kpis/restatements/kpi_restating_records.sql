-- One row per landed record that is new or another since the release before, and each version of it that counts or
-- counted: the days and places it knows itself. A row that only came again is none. By what landed since that
-- release, not since the last build: a night that is built anew finds the same.
{% set text = dbt.type_string() %}
{% set no_code = 'cast(null as ' ~ text ~ ')' %}
with landed as (
    select * from {{ source('raw', 'landed_since_release') }}
),

-- on most nights few finished cells change; without one there is nothing to explain
releases as (
    select * from {{ source('raw', 'previous_release') }}
    where exists (select 1 from {{ ref('kpi_restated_cells') }})
),
{% for entry in restating_tables() %}
{%- set name = entry.table | replace('.', '__') %}
{%- set staging = ref('stg_' ~ name) %}
{%- set key = entry.key | join(', ') %}
{%- set newest = (entry.version ~ ' desc, ' if entry.version else '') ~ 'landed_date desc, landed_attempt desc' %}

{{ name }}_arrived as (
    select
        arrived.*,
        true as is_new
    from {{ staging }} as arrived
    cross join releases
    inner join landed
        on
            landed.table_name = '{{ entry.table }}'
            and arrived.landed_date = landed.business_date
            and arrived.landed_attempt = landed.attempt
    {{ 'where ' ~ entry.only if entry.only }}
),

-- what lay ahead of its delivery and whose time has come; the first comparison spares the second for most rows
{{ name }}_due as (
    select ahead.{{ entry.key | join(', ahead.') }}
    from {{ staging }} as ahead
    cross join releases
    where
        {% if entry.ahead -%}
        ahead.{{ entry.ahead }} >= cast(releases.business_date as timestamp)
        and {{ local_date('ahead.' ~ entry.ahead) }} > releases.business_date
        and {{ local_date('ahead.' ~ entry.ahead) }} <= {{ business_date() }}
        {{ 'and ' ~ entry.only if entry.only }}
        {%- else -%} 1 = 0 {%- endif %}
),

{{ name }}_held as (
    select
        held.*,
        false as is_new
    from {{ staging }} as held
    left join landed
        on
            landed.table_name = '{{ entry.table }}'
            and held.landed_date = landed.business_date
            and held.landed_attempt = landed.attempt
    where
        landed.table_name is null
        {{ 'and ' ~ entry.only if entry.only }}
        and ({{ key }}) in (
            select {{ key }} from {{ name }}_arrived
            union all
            select {{ key }} from {{ name }}_due
        )
),

-- windows overlap: most rows only came again. A table without versions may go back to what it said before
{{ name }}_differing as (
    select {{ key }} from (
        select {{ content_columns(staging) }} from {{ name }}_arrived
        {% if entry.version -%}
        except
        select {{ content_columns(staging) }} from {{ name }}_held
        {%- endif %}
    ) as {{ name }}_other
    union
    select {{ key }} from {{ name }}_due
),

{{ name }}_ranked as (
    select
        *,
        ({{ key }}) in (select {{ key }} from {{ name }}_due) as is_due_now,
        concat_ws(
            '|'
            {%- for column in content_columns(staging).split(', ') if '*' not in column -%}
            ,
            coalesce(cast({{ column }} as {{ text }}), '-')
            {%- endfor -%}
        ) as content,
        row_number() over (partition by {{ key }} order by {{ newest }}) as recency,
        row_number() over (partition by {{ key }}, is_new order by {{ newest }}) as recency_of_side
    from (
        select * from {{ name }}_arrived
        union all
        select * from {{ name }}_held
    ) as {{ name }}_sides
    where ({{ key }}) in (select {{ key }} from {{ name }}_differing)
),

{{ name }}_compared as (
    select
        *,
        max(case when recency = 1 then content end)
            over (partition by {{ key }})
            as content_now,
        max(case when not is_new and recency_of_side = 1 then content end)
            over (partition by {{ key }})
            as content_before
    from {{ name }}_ranked
),

{{ name }}_records as (
    select
        '{{ entry.table }}' as table_name,
        concat_ws(
            '/'
            {%- for column in entry.key -%}
            ,
            cast({{ column }} as {{ text }})
            {%- endfor -%}
        ) as record_key,
        content_before is null or is_due_now as is_late,
        '{{ entry.entity }}' as entity,
        {{ entry.entity_key }} as entity_key,
        {% for number in range(4) -%}
        {% if entry.days and number < entry.days | length -%}
        {{ entry.days[number] }}
        {%- elif entry.moments and number < entry.moments | length -%}
        {{ local_date(entry.moments[number]) }}
        {%- else -%} cast(null as date) {%- endif %} as day_{{ number + 1 }},
        {% endfor -%}
        {{ entry.place or no_code }} as place_code,
        {{ entry.other_place or no_code }} as other_place_code,
        {{ entry.unit or no_code }} as responsible_code
    from {{ name }}_compared
    where
        (recency = 1 or (not is_new and recency_of_side = 1))
        and (content_before is null or content_before <> content_now or is_due_now)
),
{% endfor %}

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
{% for entry in restating_tables() %}
select * from {{ entry.table | replace('.', '__') }}_records
union all
{%- endfor %}
{%- for sheet, workbook, key, optional_key in returned_sheets() %}
select
    'returns.{{ sheet }}' as table_name,
    concat(sheet.report_period, '/', cast(sheet.row_number as {{ text }})) as record_key,
    true as is_late,
    'return' as entity,
    sheet.report_period as entity_key,
    current_returns.report_from as day_1,
    current_returns.report_to as day_2,
    cast(null as date) as day_3,
    cast(null as date) as day_4,
    {{ no_code }} as place_code,
    {{ no_code }} as other_place_code,
    {{ no_code }} as responsible_code
from {{ source('raw', 'returns__' ~ sheet) }} as sheet
inner join current_returns
    on
        current_returns.workbook = '{{ workbook }}'
        and sheet.report_period = current_returns.report_period
        and sheet.delivered_on = current_returns.delivered_on
        and sheet.landed_date = current_returns.landed_date
        and sheet.landed_attempt = current_returns.landed_attempt
{{ 'union all' if not loop.last }}
{%- endfor %}
