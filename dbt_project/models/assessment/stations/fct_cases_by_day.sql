-- One row per day of finishing, unit in the borders under which its cases began, and caliber: additive counts of cases.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('cases') }}") }}
with cases as (
    select
        *,
        finished_date as day
    from {{ ref('fct_cases') }}
    where {{ in_days_to_count('cases', 'finished_date') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        day,
        district_code,
        street_code,
        community_code,
        station_code,
        '{{ caliber }}' as caliber,
        cast(count(*) as integer) as finished_count,
        {{ count_where("is_agent_handled") }} as agent_count,
        {{ count_where("is_personal") }} as personal_count,
        {{ count_where("is_personal and is_local") }} as personal_local_count,
        {{ count_where("review is not null") }} as reviewed_count,
        {{ count_where("review in ('very_satisfied', 'satisfied', 'basically_satisfied')") }} as good_review_count
    from cases
    group by
        day,
        district_code,
        street_code,
        community_code,
        station_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
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
