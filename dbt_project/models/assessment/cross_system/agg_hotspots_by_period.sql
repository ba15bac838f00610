-- One row per quarter, unit and caliber: hotspots solved in it, and those that came back within 90 days.
with rolled as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        hotspots.caliber,
        case
            when grouping(hotspots.community_code) = 0 then 'community'
            when grouping(hotspots.street_code) = 0 then 'street'
            when true then 'city'
        end as unit_type,
        case
            when grouping(hotspots.community_code) = 0 then hotspots.community_code
            when grouping(hotspots.street_code) = 0 then hotspots.street_code
            when true then '{{ var("city_code") }}'
        end as unit_code,
        count(*) as solved_count,
        {{ count_where('hotspots.has_come_back') }} as returned_count
    from {{ ref('int_hotspots') }} as hotspots
    inner join {{ ref('bridge_days_periods') }} as periods
        on hotspots.solved_on = periods.day
    where periods.period_type = 'quarter'
    group by grouping sets (
        (periods.period_type, periods.period_start, periods.period_end, hotspots.caliber, hotspots.community_code),
        (periods.period_type, periods.period_start, periods.period_end, hotspots.caliber, hotspots.street_code),
        (periods.period_type, periods.period_start, periods.period_end, hotspots.caliber)
    )
)

select
    period_type,
    period_start,
    period_end,
    caliber,
    unit_type,
    unit_code,
    solved_count,
    returned_count
from rolled
where unit_code is not null
