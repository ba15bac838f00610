-- One row per unit and change of borders seen since the release before that touches it: the place or unit that changed
-- itself, what lay or lies above it, its successor, and what lies in it. A new name moves no border.
with landed as (
    select * from {{ source('raw', 'landed_since_release') }}
    where exists (select 1 from {{ ref('kpi_restated_cells') }})
),

place_borders as (
    select
        *,
        concat_ws(
            '|',
            place_level,
            coalesce(parent_code, '-'),
            coalesce(successor_code, '-'),
            coalesce(cast(valid_from as {{ dbt.type_string() }}), '-'),
            coalesce(cast(valid_to as {{ dbt.type_string() }}), '-')
        ) as border
    from {{ ref('stg_hotline__place_states') }}
),

place_states as (
    select
        *,
        lag(parent_code) over (partition by place_code order by seen_from, landed_attempt) as parent_before,
        lag(border) over (partition by place_code order by seen_from, landed_attempt) as border_before
    from place_borders
),

changed_places as (
    select
        states.place_code,
        states.parent_code,
        states.parent_before,
        states.successor_code,
        places.street_code,
        places.district_code
    from place_states as states
    inner join landed
        on
            landed.table_name = 'hotline.places'
            and states.seen_from = landed.business_date
            and states.landed_attempt = landed.attempt
    left join {{ ref('dim_places') }} as places
        on states.place_code = places.place_code
    where states.border_before is null or states.border <> states.border_before
),

touched_places as (
    {% for column in [
        'place_code', 'parent_code', 'parent_before', 'successor_code', 'street_code', 'district_code'
    ] -%}
    select
        place_code as changed_code,
        {{ column }} as place_code
    from changed_places
    where {{ column }} is not null
    union
    {% endfor -%}
    select
        changed.place_code as changed_code,
        above.district_code as place_code
    from changed_places as changed
    inner join {{ ref('dim_places') }} as above
        on above.place_code in (changed.parent_before, changed.successor_code)
    where above.district_code is not null
    union
    select
        changed.place_code as changed_code,
        inside.place_code
    from changed_places as changed
    inner join {{ ref('dim_places') }} as inside
        on changed.place_code in (inside.street_code, inside.district_code)
),

unit_borders as (
    select
        *,
        concat_ws('|', unit_kind, coalesce(place_code, '-'), coalesce(parent_code, '-')) as border
    from {{ ref('stg_hotline__unit_states') }}
),

unit_states as (
    select
        *,
        lag(border) over (partition by unit_code order by seen_from, landed_attempt) as border_before
    from unit_borders
),

changed_units as (
    select
        states.unit_code,
        states.parent_code
    from unit_states as states
    inner join landed
        on
            landed.table_name = 'hotline.units'
            and states.seen_from = landed.business_date
            and states.landed_attempt = landed.attempt
    where states.border_before is null or states.border <> states.border_before
)

select
    places.place_level as unit_type,
    places.place_code as unit_code,
    touched_places.changed_code
from touched_places
inner join {{ ref('dim_places') }} as places
    on touched_places.place_code = places.place_code
where places.place_level <> 'city'
union
select
    'unit' as unit_type,
    unit_code,
    unit_code as changed_code
from changed_units
union
select
    'unit' as unit_type,
    parent_code as unit_code,
    unit_code as changed_code
from changed_units
where parent_code is not null
