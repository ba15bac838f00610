-- One row per half-year, domain and unit: the share satisfied. The sample is drawn by district, so the city is the
-- mean of its districts weighted by residents, and its variance the weighted sum of theirs. The interval is Wilson's on
-- the effective sample size, that of a simple sample with the same variance (Franco, Little, Louis and Slud (2019),
-- Journal of Survey Statistics and Methodology 7, 334-364): 0 of 40 satisfied is no proof that nobody is.
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
        cast(reported.satisfied_count as double) / nullif(reported.valid_count, 0) as share,
        cast(residents.resident_count as double) as resident_count
    from reported
    inner join {{ ref('dim_place_residents') }} as residents
        on
            reported.district_code = residents.place_code
            and {{ stands_on('residents', last_day('reported.half_year_start', 6)) }}
    where reported.valid_count > 0 and reported.domain is not null
),

weighted as (
    select
        *,
        resident_count / nullif(sum(resident_count) over (partition by half_year_start, domain), 0) as weight
    from waves
),

estimated as (
    select
        half_year_start,
        domain,
        'district' as unit_type,
        district_code as unit_code,
        valid_count,
        satisfied_count,
        share,
        share * (1 - share) / nullif(valid_count, 0) as variance
    from waves
    union all
    select
        half_year_start,
        domain,
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code,
        sum(valid_count) as valid_count,
        sum(satisfied_count) as satisfied_count,
        {{ ordered_sum('weight * share', 'district_code') }} as share,
        {{ ordered_sum('weight * weight * share * (1 - share) / nullif(valid_count, 0)', 'district_code') }} as variance
    from weighted
    group by half_year_start, domain
),

sized as (
    select
        *,
        -- where all of a district agree nothing is known of the spread: every answer counts as one
        coalesce(share * (1 - share) / nullif(variance, 0), valid_count) as effective_count
    from estimated
)

select
    half_year_start,
    domain,
    unit_type,
    unit_code,
    valid_count,
    satisfied_count,
    {{ rounded('share', 8) }} as share,
    {{ wilson_low('share * effective_count', 'effective_count') }} as share_low,
    {{ wilson_high('share * effective_count', 'effective_count') }} as share_high
from sized
