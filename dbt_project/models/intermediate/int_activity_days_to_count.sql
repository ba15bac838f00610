-- One row per day whose activity counts are written again in this build.
{{ newly_landed(ref('stg_grid__worker_activity'), 'distinct activity_date as day') }} and activity_date <= {{ business_date() }}
