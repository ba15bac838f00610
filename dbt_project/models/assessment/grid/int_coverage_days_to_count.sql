-- One row per day whose coverage counts are written again in this build.
{{ days_landed(ref('stg_grid__address_coverage'), 'coverage_date') }}
