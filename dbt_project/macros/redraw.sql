{#
  Counts of units that a change of borders touched, by the borders of now: their own days, and what is added and taken away.
    units  model made by roll_up_units; its additive columns end in _count
#}
{% macro redraw_units(units) -%}
{% set measures = additive_columns(units) -%}
with moves as (
    select * from {{ ref('bridge_redrawn_units') }}
),

touched as (
    select distinct -- a unit takes from several
        to_type,
        to_code
    from moves
),

signed as (
    select
        units.day,
        units.caliber,
        touched.to_type as unit_type,
        touched.to_code as unit_code,
        1 as sign,
        {% for measure in measures %}units.{{ measure }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ units }} as units
    inner join touched
        on units.unit_type = touched.to_type and units.unit_code = touched.to_code
    union all
    select
        units.day,
        units.caliber,
        moves.to_type as unit_type,
        moves.to_code as unit_code,
        moves.sign,
        {% for measure in measures %}units.{{ measure }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ units }} as units
    inner join moves
        on
            units.unit_type = moves.from_type
            and units.unit_code = moves.from_code
            and {{ stands_on('moves', 'units.day') }}
)

select
    periods.period_type,
    periods.period_start,
    periods.period_end,
    signed.caliber,
    signed.unit_type,
    signed.unit_code,
    {% for measure in measures %}cast(sum(signed.sign * signed.{{ measure }}) as bigint) as {{ measure }}{{ ', ' if not loop.last }}{% endfor %}
from signed
inner join {{ ref('bridge_days_periods') }} as periods
    on signed.day = periods.day
where
    (signed.unit_type, periods.period_type) in (
        select
            published_grains.unit_type,
            published_grains.period_type
        from {{ ref('bridge_units_periods') }} as published_grains
    )
group by
    periods.period_type,
    periods.period_start,
    periods.period_end,
    signed.caliber,
    signed.unit_type,
    signed.unit_code
{% endmacro %}

{# Names of the columns of a model of counts that may be added up. #}
{% macro additive_columns(relation) -%}
    {%- if not execute %}{{ return([]) }}{% endif -%}
    {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set found = [] -%}
    {%- for name in names if name.endswith('_count') %}{% do found.append(name) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}
