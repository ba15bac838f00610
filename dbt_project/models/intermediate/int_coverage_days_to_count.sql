-- One row per day whose coverage counts are written again in this build.
select distinct coverage_date as day -- many rows of one day
from {{ ref('stg_grid__address_coverage') }}
where
    load_no > {{ var('built_load_no') }}
    and coverage_date <= {{ business_date() }}
