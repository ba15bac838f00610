-- One row per patrolled grid and span of days in which the list had it unchanged; ended_from is exclusive.
with spans as (
    {{ listed_spans(ref('stg_grid__grid_states'), 'grid_code') }}
)

select
    grid_code,
    began_on,
    ended_from,
    community_code,
    street_code,
    household_count,
    active_from,
    active_to
from spans
