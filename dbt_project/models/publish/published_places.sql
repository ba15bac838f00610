-- One row per place, for joining names and levels to published cells.
select * from {{ ref('dim_places') }}
