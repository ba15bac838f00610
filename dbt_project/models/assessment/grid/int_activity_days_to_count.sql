-- One row per day whose activity counts are written again in this build.
{{ days_landed(ref('stg_grid__worker_activity'), 'activity_date') }}
