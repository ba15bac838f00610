-- One row per landed table, unit, period and reach in which cells were restated: how many records that are new or
-- another count or counted there. A record is known by the days and places it says itself, before and now, and by
-- those of its fact as it counts now.
with records as (
    select * from {{ ref('kpi_restating_records') }}
),

contract as (
    select
        kpi_id,
        variant,
        {{ reach_days('contract') }} as reach_days
    from {{ ref('kpi_contract') }} as contract
),

cells as (
    select
        cells.*,
        contract.reach_days
    from {{ ref('kpi_restated_cells') }} as cells
    inner join contract
        on cells.kpi_id = contract.kpi_id and cells.variant = contract.variant
),

-- of each period also the whole city, for records whose unit of before is not known any more
spans as (
    select
        unit_type,
        unit_code,
        period_type,
        period_start,
        period_end,
        reach_days
    from cells
    union
    select
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code,
        period_type,
        period_start,
        period_end,
        reach_days
    from cells
),

periods as (
    select
        period_type,
        period_start,
        reach_days,
        cast({{ dbt.dateadd('day', '-reach_days', 'min(period_start)') }} as date) as counts_from,
        cast({{ dbt.dateadd('day', 'reach_days', 'max(period_end)') }} as date) as counts_to
    from spans
    group by period_type, period_start, reach_days
),

entities as (
    select distinct -- many records of one thing
        entity,
        entity_key
    from records
),
{% for entity, fact, key, dates, places in restating_facts() %}
{{ entity }}_facts as (
    select facts.*
    from {{ ref(fact) }} as facts
    inner join entities
        on entities.entity = '{{ entity }}' and facts.{{ key }} = entities.entity_key
),
{% endfor %}
days as (
    select
        entity,
        entity_key,
        {{ listed_column({'1': 'day_1', '2': 'day_2', '3': 'day_3', '4': 'day_4'}) }} as day
    from records
    cross join {{ as_rows(['1', '2', '3', '4']) }}
    {% for entity, fact, key, dates, places in restating_facts() -%}
    union
    select
        '{{ entity }}' as entity,
        {{ key }} as entity_key,
        {{ listed_column(dict(zip(dates, dates))) }} as day
    from {{ entity }}_facts
    cross join {{ as_rows(dates) }}
    {% endfor -%}
),

codes as (
    select distinct -- many versions of one thing
        entity,
        entity_key,
        {{ listed_column({'own': 'place_code', 'other': 'other_place_code'}) }} as code
    from records
    cross join {{ as_rows(['own', 'other']) }}
),

-- a place, grid or service point, and what it lies in
places_of_codes as (
    {% for relation, code, columns in [
        ('dim_places', 'place_code', ['community', 'street', 'district']),
        ('dim_grids', 'grid_code', ['grid', 'community', 'street', 'district']),
        ('dim_service_points', 'station_code', ['point', 'community', 'street', 'district']),
    ] -%}
    {%- set own = {'point': 'station_code'} -%}
    select
        {{ code }} as code,
        listed.name as unit_type,
        case listed.name
            {% for unit_type in columns -%}
            when '{{ unit_type }}' then {{ own[unit_type] or unit_type ~ '_code' }}
            {% endfor -%}
        end as unit_code
    from {{ ref(relation) }}
    cross join {{ as_rows(columns) }}
    {{ 'union' if not loop.last }}
    {% endfor -%}
),

units as (
    select
        entity,
        entity_key,
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code
    from entities
    union
    select
        codes.entity,
        codes.entity_key,
        places_of_codes.unit_type,
        places_of_codes.unit_code
    from codes
    inner join places_of_codes
        on codes.code = places_of_codes.code
    union
    select
        entity,
        entity_key,
        'unit' as unit_type,
        responsible_code as unit_code
    from records
    {%- for entity, fact, key, dates, places in restating_facts() if places %}
    union
    select
        '{{ entity }}' as entity,
        {{ key }} as entity_key,
        listed.name as unit_type,
        {{ listed_column(places) }} as unit_code
    from {{ entity }}_facts
    cross join {{ as_rows(places) }}
    {%- endfor %}
),

placed as (
    select distinct -- several days of one period
        days.entity,
        days.entity_key,
        periods.period_type,
        periods.period_start,
        periods.reach_days
    from days
    inner join periods
        on days.day >= periods.counts_from and days.day <= periods.counts_to
),

-- of each thing first its few units and periods, then which of them were restated: cells of a period are many
reached as (
    select
        units.entity,
        units.entity_key,
        units.unit_type,
        units.unit_code,
        placed.period_type,
        placed.period_start,
        placed.reach_days
    from units
    inner join placed
        on units.entity = placed.entity and units.entity_key = placed.entity_key
    where
        (units.unit_type, units.unit_code) in (
            select
                spans.unit_type,
                spans.unit_code
            from spans
        )
        and (units.unit_type, units.unit_code, placed.period_type, placed.period_start, placed.reach_days) in (
            select
                spans.unit_type,
                spans.unit_code,
                spans.period_type,
                spans.period_start,
                spans.reach_days
            from spans
        )
),

touched as (
    select distinct -- several versions of one record
        records.table_name,
        records.record_key,
        records.is_late,
        reached.unit_type,
        reached.unit_code,
        reached.period_type,
        reached.period_start,
        reached.reach_days
    from reached
    inner join records
        on reached.entity = records.entity and reached.entity_key = records.entity_key
)

select
    table_name,
    unit_type,
    unit_code,
    period_type,
    period_start,
    reach_days,
    {{ count_where('is_late') }} as late_rows,
    {{ count_where('not is_late') }} as corrected_rows
from touched
group by table_name, unit_type, unit_code, period_type, period_start, reach_days
