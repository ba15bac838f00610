-- One row per half-year, domain and unit: the share satisfied. The sample is drawn by district, so the city is the
-- mean of its districts weighted by residents, and its variance the weighted sum of theirs.
with reported as (
    {{ returned_rows('survey_waves') | indent }}
),

waves as (
    select
        reported.half_year_start,
        reported.domain,
        reported.district_code,
        reported.valid_count,
        reported.satisfied_count,
        cast(reported.satisfied_count as double) / reported.valid_count as share,
        cast(places.resident_count as double) as resident_count
    from reported
    inner join {{ ref('dim_places') }} as places
        on reported.district_code = places.place_code
    where reported.valid_count > 0 and reported.domain is not null
),

weighted as (
    select
        *,
        resident_count / sum(resident_count) over (partition by half_year_start, domain) as weight
    from waves
)

select
    half_year_start,
    domain,
    'district' as unit_type,
    district_code as unit_code,
    valid_count,
    satisfied_count,
    round(share, 8) as share,
    share * (1 - share) / valid_count as variance
from waves
union all
select
    half_year_start,
    domain,
    'city' as unit_type,
    '{{ var("city_code") }}' as unit_code,
    sum(valid_count) as valid_count,
    sum(satisfied_count) as satisfied_count,
    round(sum(weight * share), 8) as share,
    sum(weight * weight * share * (1 - share) / valid_count) as variance
from weighted
group by half_year_start, domain
