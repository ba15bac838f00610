-- One row per quarantined record, day by which a KPI would have counted it (anchor), and unit: between which days it is
-- missing. That is one day, unless what is wrong is the day itself: then any that its delivery covers, from the day
-- after the delivery before, of a first one from the beginning of the data.
{% set levels = {
    'district': 'district_code', 'street': 'street_code', 'community': 'community_code', 'grid': 'grid_code',
    'point': 'station_code', 'unit': 'unit_code',
} %}
with moments as (
    {% for entity in anchored_tables() %}
    select
        '{{ entity.table_name }}' as table_name,
        anchors.anchor,
        anchors.is_term,
        anchors.begins,
        rule_id = anchors.lost_by or (rule_id = 'L2-HOT-012' and anchors.begins) as is_lost,
        rule_id,
        {{ entity.key }} as record_key,
        landed_date,
        {% for unit_type, column in levels.items() -%}
        {{ column if unit_type in entity.levels else 'cast(null as ' ~ dbt.type_string() ~ ') as ' ~ column }},
        {% endfor -%}
        {{ of_anchor(entity, 'moment') }} as moment
    from {{ entity.quarantine }}
    cross join {{ anchors_of(entity) }}
    where {{ of_anchor(entity, 'only', 'true') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

local_days as (
    select
        *,
        {{ local_date('moment') }} as local_day
    from moments
),

dated as (
    select
        *,
        case when local_day between {{ first_day() }} and {{ business_date() }} then local_day end as day,
        {{ is_implausible('moment') }}
        or (not is_term and moment is not null)
        or (moment is null and is_lost) as is_undated
    from local_days
),

deliveries as (
    select
        table_name,
        business_date,
        lag(business_date) over (partition by table_name order by business_date) as business_date_before
    from (
        select distinct -- attempts of one date
            concat_ws('', source, '.', table_name) as table_name,
            business_date
        from {{ source('raw', 'loads') }}
    ) as loaded
),

first_days as (
    select
        tables.table_name,
        coverage.covered_from
    from (
        values
        {% for entity in anchored_tables() -%}
        ('{{ entity.table_name }}', '{{ entity.count_model }}'){{ ',' if not loop.last }}
        {% endfor -%}
    ) as tables (table_name, count_model)
    inner join {{ ref('kpi_coverage') }} as coverage
        on tables.count_model = coverage.count_model
),

first_landings as (
    {% for entity in anchored_tables() %}
    select
        '{{ entity.table_name }}' as table_name,
        {{ entity.key }} as record_key,
        min(landed_date) as landed_date
    from {{ entity.versions }}
    where {{ entity.key }} in (
        select dated.record_key from dated
        where dated.day is null and dated.is_undated and dated.begins and dated.table_name = '{{ entity.table_name }}'
    )
    group by {{ entity.key }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what began before the record was known was told by the delivery that first brought it, all else by the newest
told as (
    select
        dated.*,
        case
            when dated.day is null and dated.begins then coalesce(first_landings.landed_date, dated.landed_date)
            else dated.landed_date
        end as told_date
    from dated
    left join first_landings
        on dated.table_name = first_landings.table_name and dated.record_key = first_landings.record_key
    where dated.day is not null or dated.is_undated
),

spanned as (
    select
        told.*,
        coalesce(
            told.day, {{ dbt.dateadd('day', 1, 'deliveries.business_date_before') }}, first_days.covered_from
        ) as known_from
    from told
    left join deliveries
        on told.table_name = deliveries.table_name and told.told_date = deliveries.business_date
    left join first_days
        on told.table_name = first_days.table_name
),

placed as (
    select
        spanned.*,
        unit_types.unit_type,
        case unit_types.unit_type
            when 'city' then '{{ var("city_code") }}'
            {% for unit_type, column in levels.items() -%}
            when '{{ unit_type }}' then spanned.{{ column }}
            {% endfor -%}
        end as place_code
    from spanned
    cross join (
        values
        ('city'), ('{{ levels | join("'), ('") }}')
    ) as unit_types (unit_type)
)

select
    table_name,
    anchor,
    rule_id,
    record_key,
    unit_type,
    place_code as unit_code,
    cast(least(coalesce(known_from, told_date), coalesce(day, told_date)) as date) as from_day,
    coalesce(day, told_date) as to_day
from placed
where place_code is not null
