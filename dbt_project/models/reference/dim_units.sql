-- One row per responsible unit (承办单位) that a list ever had, as the last one had it.
with units as (
    {{ last_listed(ref('stg_hotline__unit_states'), 'unit_code') }}
)

select
    unit_code,
    unit_name,
    unit_kind,
    place_code,
    parent_code,
    valid_from,
    valid_to
from units
