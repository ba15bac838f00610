-- One row per unit of any kind and the group of its peers (同类分组): whom it may be compared with.
with units as (
    select
        place_level as unit_type,
        place_code as unit_code,
        cast(null as {{ dbt.type_string() }}) as kind,
        coalesce(resident_count, 0) as resident_count
    from {{ ref('dim_places') }}
    union all
    select
        'unit' as unit_type,
        unit_code,
        unit_kind as kind,
        0 as resident_count
    from {{ ref('dim_units') }}
    union all
    select
        'point' as unit_type,
        station_code as unit_code,
        station_kind as kind,
        0 as resident_count
    from {{ ref('dim_service_points') }}
),

ranked as (
    select
        units.unit_type,
        units.unit_code,
        rules.peer_group,
        rules.peer_group_zh,
        row_number() over (
            partition by units.unit_type, units.unit_code
            order by rules.min_residents desc, rules.peer_group asc
        ) as precedence
    from units
    inner join {{ ref('peer_group_rules') }} as rules
        on
            units.unit_type = rules.unit_type
            and (rules.kind is null or units.kind = rules.kind)
            and units.resident_count >= rules.min_residents
)

select
    unit_type,
    unit_code,
    peer_group,
    peer_group_zh
from ranked
where precedence = 1
