-- One row per responsible unit (承办单位) and span of days in which it did not change; ended_from is exclusive.
with dated as (
    {{ dated_states(ref('stg_hotline__unit_states'), 'unit_code') }}
)

select
    unit_code,
    began_on,
    ended_from,
    unit_name,
    unit_kind,
    place_code,
    parent_code,
    valid_from,
    valid_to
from dated
