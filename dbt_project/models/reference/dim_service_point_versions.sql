-- One row per service point (服务点) and span of days in which the list had it unchanged; ended_from is exclusive.
with spans as (
    {{ listed_spans(ref('stg_stations__point_states'), 'station_code') }}
)

select
    station_code,
    began_on,
    ended_from,
    lon,
    lat,
    item_count,
    active_from,
    active_to
from spans
