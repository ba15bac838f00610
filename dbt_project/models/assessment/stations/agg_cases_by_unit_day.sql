-- One row per day, unit and caliber: case counts, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_case_days_to_count') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_cases_by_day'), ref('int_case_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('point', 'station_code')],
    measures=[
        'finished_count',
        'agent_count',
        'personal_count',
        'personal_local_count',
        'reviewed_count',
        'good_review_count',
    ]
) }}
