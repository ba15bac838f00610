-- One row per half-year, domain and unit: the share satisfied. The sample is drawn by district, so the city is the
-- mean of its districts weighted by residents, and its variance the weighted sum of theirs.
with waves as (
    select
        waves.half_year_start,
        waves.domain,
        waves.district_code,
        waves.valid_count,
        waves.satisfied_count,
        cast(waves.satisfied_count as double) / waves.valid_count as share,
        cast(places.resident_count as double) as resident_count
    from {{ ref('int_returned_survey_waves') }} as waves
    inner join {{ ref('dim_places') }} as places
        on waves.district_code = places.place_code
    where waves.broken_rule is null and waves.valid_count > 0 and waves.domain is not null
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
