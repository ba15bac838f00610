-- One row per responsible unit, for joining names to published cells.
{{ config(alias='dim_units') }}
select * from {{ ref('dim_units') }}
