-- One row per place and span of days in which it lay in the same street and district, for reading figures of then.
select * from {{ ref('dim_place_versions') }}
