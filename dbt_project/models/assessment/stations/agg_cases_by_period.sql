-- One row per period, unit and caliber: case counts, summed over days.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_case_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_cases_by_unit_day'), ref('int_case_days_to_count'),
    measures=[
        'finished_count',
        'agent_count',
        'personal_count',
        'personal_local_count',
        'reviewed_count',
        'good_review_count',
    ]
) }}
