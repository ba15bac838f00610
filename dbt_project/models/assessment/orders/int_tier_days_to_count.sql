-- One row per day in which orders or grid events are counted again.
select day from {{ ref('int_order_days_to_count') }}
union
select day from {{ ref('int_grid_event_days_to_count') }}
