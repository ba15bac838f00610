-- One row per period, unit and caliber: case counts, summed.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_case_days_to_count'))) }}") }}
{{ roll_up(
    ref('fct_cases_by_day'), ref('int_case_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('point', 'station_code')],
    measures=[
        'finished_count',
        'personal_count',
        'personal_local_count',
        'reviewed_count',
        'good_review_count',
    ]
) }}
