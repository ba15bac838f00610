-- One row per place and span of days in which it had as many residents by the pictures; ended_from is exclusive. The
-- first picture stands for all time before it.
with dated as (
    {{ dated_states(ref('stg_hotline__place_states'), 'place_code') }}
)

select
    place_code,
    began_on,
    ended_from,
    seen_from,
    resident_count
from dated
