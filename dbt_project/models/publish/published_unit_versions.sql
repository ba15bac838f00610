-- One row per responsible unit and span of days in which it did not change.
select * from {{ ref('dim_unit_versions') }}
