-- One row per quarantined record, day by which a KPI would have counted it (anchor), and unit: where it is missing.
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
        rule_id = anchors.lost_by as is_lost,
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

-- where what is wrong is the day itself, it is the day the record landed; null where the record would not count
dated as (
    select
        *,
        case
            when local_day between {{ first_day() }} and {{ business_date() }} then local_day
            when {{ is_implausible('moment') }} then landed_date
            when not is_term and moment is not null then landed_date
            when moment is null and is_lost then landed_date
        end as day
    from local_days
),

placed as (
    select
        dated.*,
        unit_types.unit_type,
        case unit_types.unit_type
            when 'city' then '{{ var("city_code") }}'
            {% for unit_type, column in levels.items() -%}
            when '{{ unit_type }}' then dated.{{ column }}
            {% endfor -%}
        end as place_code
    from dated
    cross join (
        values
        ('city'), ('{{ levels | join("'), ('") }}')
    ) as unit_types (unit_type)
    where dated.day is not null
)

select
    table_name,
    anchor,
    rule_id,
    record_key,
    unit_type,
    place_code as unit_code,
    day
from placed
where place_code is not null
