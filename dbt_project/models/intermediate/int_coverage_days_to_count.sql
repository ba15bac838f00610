-- One row per day whose coverage counts are written again in this build.
{{ newly_landed(ref('stg_grid__address_coverage'), 'distinct coverage_date as day') }} and coverage_date <= {{ business_date() }}
