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
    {% for number in range(1, 5) -%}
    select
        entity,
        entity_key,
        day_{{ number }} as day
    from records
    where day_{{ number }} is not null
    union
    {% endfor -%}
    {% for entity, fact, key, dates, places in restating_facts() %}{% set last_fact = loop.last %}
    {%- for column in dates -%}
    select
        '{{ entity }}' as entity,
        {{ key }} as entity_key,
        {{ column }} as day
    from {{ entity }}_facts
    where {{ column }} is not null
    {{ 'union' if not (last_fact and loop.last) }}
    {% endfor %}{% endfor -%}
),

codes as (
    select distinct -- many versions of one thing
        entity,
        entity_key,
        place_code as code
    from records
    where place_code is not null
    union
    select distinct -- the same
        entity,
        entity_key,
        other_place_code as code
    from records
    where other_place_code is not null
),

places_of_codes as (
    {% for kind, relation, column, above in [
        ('community', 'dim_places', 'community_code', ['street', 'district']),
        ('street', 'dim_places', 'street_code', ['district']),
        ('district', 'dim_places', 'district_code', []),
        ('grid', 'dim_grids', 'grid_code', ['community', 'street', 'district']),
        ('point', 'dim_service_points', 'station_code', ['community', 'street', 'district']),
    ] %}{% set last_kind = loop.last %}{% for unit_type in [kind] + above -%}
    select
        {{ column }} as code,
        '{{ unit_type }}' as unit_type,
        {{ column if unit_type == kind else unit_type ~ '_code' }} as unit_code
    from {{ ref(relation) }}
    where {{ column }} is not null
    {{ 'union' if not (last_kind and loop.last) }}
    {% endfor %}{% endfor -%}
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
    where responsible_code is not null
    {%- for entity, fact, key, dates, places in restating_facts() %}{% for unit_type, column in places.items() %}
    union
    select
        '{{ entity }}' as entity,
        {{ key }} as entity_key,
        '{{ unit_type }}' as unit_type,
        {{ column }} as unit_code
    from {{ entity }}_facts
    where {{ column }} is not null
    {%- endfor %}{% endfor %}
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

touched as (
    select distinct -- several versions of one record
        records.table_name,
        records.record_key,
        records.is_late,
        spans.unit_type,
        spans.unit_code,
        spans.period_type,
        spans.period_start,
        spans.reach_days
    from spans
    inner join units
        on spans.unit_type = units.unit_type and spans.unit_code = units.unit_code
    inner join placed
        on
            units.entity = placed.entity
            and units.entity_key = placed.entity_key
            and spans.period_type = placed.period_type
            and spans.period_start = placed.period_start
            and spans.reach_days = placed.reach_days
    inner join records
        on placed.entity = records.entity and placed.entity_key = records.entity_key
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
