-- One row per community and grid of residents and span of days in which they were as many; ended_from is exclusive.
with spans as (
    {{ listed_spans(ref('stg_stations__resident_states'), ['community_code', 'grid_code']) }}
)

select
    community_code,
    grid_code,
    began_on,
    ended_from,
    resident_count,
    center_lon,
    center_lat
from spans
