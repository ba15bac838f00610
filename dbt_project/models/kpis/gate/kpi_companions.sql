-- One row per companion, unit and month (伴随指标), before it is decided what of it may be shown.
{% set z = '1.959963984540054' %}
with rolled as (
    select
        measure,
        month_start,
        case
            when grouping(unit_code) = 0 then 'unit'
            when grouping(street_code) = 0 then 'street'
            when grouping(district_code) = 0 then 'district'
            when true then 'city'
        end as unit_type,
        case
            when grouping(unit_code) = 0 then unit_code
            when grouping(street_code) = 0 then street_code
            when grouping(district_code) = 0 then district_code
            when true then '{{ var("city_code") }}'
        end as unit_code,
        sum(counted) as counted,
        sum(seen) as seen
    from {{ ref('fct_integrity_by_month') }}
    group by grouping sets (
        (measure, month_start, unit_code),
        (measure, month_start, street_code),
        (measure, month_start, district_code),
        (measure, month_start)
    )
),

shares as (
    select
        measure as companion,
        unit_type,
        unit_code,
        month_start,
        counted as numerator,
        seen as denominator,
        case when seen > 0 then cast(counted as double) / seen end as value,
        {{ wilson_low('counted', 'seen') }} as value_low,
        {{ wilson_high('counted', 'seen') }} as value_high
    from rolled
    where measure <> 'deadline_bunching_index'
    union all
    -- one deadline hour against as many hours as there are days before it: a ratio, without an interval
    select
        measure as companion,
        unit_type,
        unit_code,
        month_start,
        counted as numerator,
        seen - counted as denominator,
        case when seen > counted then cast(counted as double) / (seen - counted) end as value,
        cast(null as double) as value_low,
        cast(null as double) as value_high
    from rolled
    where measure = 'deadline_bunching_index'
),

monthly as (
    select * from {{ ref('agg_orders_by_period') }}
    where period_type = 'month' and unit_type in ('city', 'district', 'street', 'unit')
),

lifts as (
    select
        'exclusion_lift_pp' as companion,
        whole.unit_type,
        whole.unit_code,
        whole.period_start as month_start,
        assessed.on_time_count as numerator,
        assessed.due_count as denominator,
        100 * (
            cast(assessed.on_time_count as double) / nullif(assessed.due_count, 0)
            - cast(whole.on_time_count as double) / nullif(whole.due_count, 0)
        ) as value,
        cast(null as double) as value_low,
        cast(null as double) as value_high
    from monthly as whole
    inner join monthly as assessed
        on
            whole.unit_type = assessed.unit_type
            and whole.unit_code = assessed.unit_code
            and whole.period_start = assessed.period_start
    where whole.caliber = 'full' and assessed.caliber = 'assessed' and whole.due_count > 0 and assessed.due_count > 0
),

-- satisfaction if every caller whose answer was set aside were dissatisfied, and if every one were satisfied
bounds as (
    select
        'satisfaction_with_invalid_answers' as companion,
        monthly.unit_type,
        monthly.unit_code,
        monthly.period_start as month_start,
        monthly.satisfied_count + 0.9 * monthly.basically_satisfied_count as numerator,
        monthly.rated_callback_count as denominator,
        (monthly.satisfied_count + 0.9 * monthly.basically_satisfied_count)
        / cast(nullif(monthly.rated_callback_count, 0) as double) as value,
        (monthly.satisfied_count + 0.9 * monthly.basically_satisfied_count)
        / cast(nullif(monthly.rated_callback_count + rolled.counted, 0) as double) as value_low,
        (monthly.satisfied_count + 0.9 * monthly.basically_satisfied_count + rolled.counted)
        / cast(nullif(monthly.rated_callback_count + rolled.counted, 0) as double) as value_high
    from monthly
    inner join rolled
        on
            monthly.unit_type = rolled.unit_type
            and monthly.unit_code = rolled.unit_code
            and monthly.period_start = rolled.month_start
            and rolled.measure = 'invalid_callback_share'
    where monthly.caliber = 'full' and monthly.rated_callback_count > 0
),

demand as (
    select
        'orders_per_10k_residents' as companion,
        monthly.unit_type,
        monthly.unit_code,
        monthly.period_start as month_start,
        monthly.created_count as numerator,
        residents.resident_count as denominator,
        10000 * cast(monthly.created_count as double) / nullif(residents.resident_count, 0) as value,
        10000.0 * (
            monthly.created_count + {{ z }} * {{ z }} / 2
            - {{ z }} * sqrt(monthly.created_count + {{ z }} * {{ z }} / 4)
        ) / nullif(residents.resident_count, 0) as value_low,
        10000.0 * (
            monthly.created_count + {{ z }} * {{ z }} / 2
            + {{ z }} * sqrt(monthly.created_count + {{ z }} * {{ z }} / 4)
        ) / nullif(residents.resident_count, 0) as value_high
    from monthly
    inner join {{ ref('dim_place_residents') }} as residents
        on
            monthly.unit_code = residents.place_code
            and {{ stands_on('residents', last_day('monthly.period_start', 1)) }}
    where monthly.caliber = 'full' and monthly.unit_type <> 'unit' and residents.resident_count > 0
),

companions as (
    select * from shares
    union all
    select * from lifts
    union all
    select * from bounds
    union all
    select * from demand
)

select
    companion,
    unit_type,
    unit_code,
    month_start,
    cast(numerator as decimal(18, 4)) as numerator,
    cast(round(denominator) as bigint) as denominator,
    {{ rounded('value', 8) }} as value,
    {{ rounded('value_low', 8) }} as value_low,
    {{ rounded('value_high', 8) }} as value_high
from companions
where unit_code is not null
