-- One row per day, unit and caliber: case counts, summed over places.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('cases') }}") }}
-- depends_on: {{ ref('int_days_to_count') }}
{{ roll_up_units(
    ref('fct_cases_by_day'),
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
