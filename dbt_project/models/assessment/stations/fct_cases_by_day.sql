-- One row per day of finishing, service point in the borders under which its cases began, and caliber: additive counts.
-- A view of the days counted again in this build: what is kept is its sum per unit and day.
{{ config(materialized='view') }}
with cases as (
    select
        *,
        finished_date as day
    from {{ ref('fct_cases') }}
    where {{ in_days_to_count('cases', 'finished_date') }}
)

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
