-- One row per day, street and caliber: active grids and those of conforming size (网格规模).
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_days_passed') ~ ')') }}") }}
with active as (
    select
        days.day,
        grids.district_code,
        grids.street_code,
        grids.household_count between {{ parameter('grid_households_low') }}
        and {{ parameter('grid_households_high') }} as is_conforming
    from {{ ref('int_days_passed') }} as days
    inner join {{ ref('dim_grids') }} as grids
        on
            (grids.active_from is null or days.day >= grids.active_from)
            and (grids.active_to is null or days.day < grids.active_to)
)

{% for caliber in ['full', 'assessed'] %}
select
    day,
    district_code,
    street_code,
    '{{ caliber }}' as caliber,
    cast(count(*) as integer) as grid_count,
    {{ count_where('is_conforming') }} as conforming_count
from active
group by
    day,
    district_code,
    street_code
{{ 'union all' if not loop.last }}
{% endfor %}
