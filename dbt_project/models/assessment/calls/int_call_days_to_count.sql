-- One row per day whose call counts are written again in this build.
{{ days_to_count_again(
    ref('int_call_days_before'), ref('fct_calls'), 'call_id', ref('int_calls_changed'),
    ['call_date']
) }}
