-- One row per responsible unit, for joining names to published cells.
select * from {{ ref('dim_units') }}
