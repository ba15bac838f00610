-- One row per period, unit and caliber: case counts, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('cases') }}") }}
{{ roll_up_periods(
    ref('fct_cases_by_day'), 'cases',
    measures=[
        'finished_count',
        'agent_count',
        'personal_count',
        'personal_local_count',
        'reviewed_count',
        'good_review_count',
    ]
) }}
