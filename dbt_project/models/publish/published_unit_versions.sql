-- One row per responsible unit and span of days in which it did not change.
{{ config(alias='dim_unit_versions') }}
select * from {{ ref('dim_unit_versions') }}
