-- One row per day whose activity counts are written again in this build.
select distinct activity_date as day -- many rows of one day
from {{ ref('stg_grid__worker_activity') }}
where
    load_no > {{ var('built_load_no') }}
    and activity_date <= {{ business_date() }}
