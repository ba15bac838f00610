-- One row per day whose terminal counts are written again in this build.
{{ days_landed(ref('stg_stations__terminals'), 'service_date') }}
