-- One row per day whose terminal counts are written again in this build.
{{ newly_landed(ref('stg_stations__terminals'), 'distinct service_date as day') }}
