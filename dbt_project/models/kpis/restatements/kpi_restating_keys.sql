-- One row per landed record that may be new or another since the release before: something with other content came, or
-- its time has come. A row that only came again is none. By what landed since that release, not since the last build: a
-- night that is built anew finds the same.
-- on most nights few finished cells change; without one there is nothing to explain
with releases as (
    select * from {{ source('raw', 'previous_release') }}
    where exists (select 1 from {{ ref('kpi_restated_cells') }})
),

landed as (
    select
        arrived.table_name,
        arrived.business_date,
        arrived.attempt
    from {{ source('raw', 'landed_since_release') }} as arrived
    cross join releases
),

-- what lay ahead of its delivery and whose time has come; the first comparison spares the second for most rows
due as (
    {%- for entry in restating_tables() if entry.ahead %}
    select
        '{{ entry.table }}' as table_name,
        {{ record_key(entry.key) }} as record_key
    from {{ ref('stg_' ~ entry.table | replace('.', '__')) }}
    cross join releases
    where
        {{ entry.ahead }} >= cast(releases.business_date as timestamp)
        and {{ local_date(entry.ahead) }} > releases.business_date
        and {{ local_date(entry.ahead) }} <= {{ business_date() }}
        {{- ' and ' ~ entry.only if entry.only }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

-- windows overlap: most rows only came again. A table without versions may go back to what it said before
differing as (
    select
        table_name,
        record_key
    from due
    {%- for entry in restating_tables() %}
    {%- set staging = ref('stg_' ~ entry.table | replace('.', '__')) %}
    {%- set columns, only = content_columns(staging), ' and ' ~ entry.only if entry.only else '' %}
    union
    select
        '{{ entry.table }}' as table_name,
        {{ record_key(entry.key) }} as record_key
    from (
        select {{ columns }} from {{ staging }}
        where {{ is_landed_since(entry.table) }}{{ only }}
        {%- if entry.version %}
        except
        select {{ columns }} from {{ staging }}
        where not {{ is_landed_since(entry.table) }}{{ only }} and {{ entry.key[0] }} in (
            select {{ entry.key[0] }} from {{ staging }}
            where {{ is_landed_since(entry.table) }}{{ only }}
        )
        {%- endif %}
    ) as other_{{ loop.index }}
    {%- endfor %}
)

select
    differing.table_name,
    differing.record_key,
    due.record_key is not null as is_due_now
from differing
left join due
    on differing.table_name = due.table_name and differing.record_key = due.record_key
