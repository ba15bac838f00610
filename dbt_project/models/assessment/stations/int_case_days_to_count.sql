-- One row per day whose case counts are written again in this build.
{{ days_to_count_again(
    ref('int_case_days_before'), ref('fct_cases'), 'case_id', ref('int_cases_changed'),
    ['finished_date']
) }}
