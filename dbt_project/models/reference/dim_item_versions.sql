-- One row per service item (事项) and span of days in which the list had it unchanged; ended_from is exclusive.
with spans as (
    {{ listed_spans(ref('stg_stations__item_states'), 'item_code') }}
)

select
    item_code,
    began_on,
    ended_from,
    is_personal,
    lowest_level
from spans
