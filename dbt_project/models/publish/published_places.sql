-- One row per place, for joining names and levels to published cells.
{{ config(alias='dim_places') }}
select * from {{ ref('dim_places') }}
