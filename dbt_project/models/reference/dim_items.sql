-- One row per service item (事项) that a list ever had, as the last one had it.
with items as (
    {{ last_listed(ref('stg_stations__item_states'), 'item_code') }}
)

select
    item_code,
    is_personal
from items
