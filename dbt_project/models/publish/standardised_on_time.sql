-- One row per unit and month: orders on time against what the city's rates would give for the unit's own mix of
-- category and tier (间接标准化 O/E). A unit with hard matters is not worse for having them. The interval is that of the
-- misses (Poisson score): a ratio of misses whose interval holds 1 is like the city. Of a night without the hotline the
-- rows of the release before.
{% set z = '1.959963984540054' %}
{% set middle, reach = [
    'missed_count + ' ~ z ~ ' * ' ~ z ~ ' / 2', z ~ ' * sqrt(missed_count + ' ~ z ~ ' * ' ~ z ~ ' / 4)'
] %}
with due as (
    select
        cast({{ dbt.date_trunc('month', 'due_date') }} as date) as month_start,
        district_code,
        street_code,
        unit_code,
        coalesce(category_code, '') as category_code,
        coalesce(tier, '') as tier,
        count(*) as due_count,
        {{ count_where('closed_at <= due_at') }} as on_time_count
    from {{ ref('fct_work_orders') }}
    where due_at < {{ as_of() }} and not is_merged and not is_withdrawn and coalesce(claim_role, '') <> 'definition'
    group by
        cast({{ dbt.date_trunc('month', 'due_date') }} as date),
        district_code,
        street_code,
        unit_code,
        coalesce(category_code, ''),
        coalesce(tier, '')
),

weighed as (
    select
        *,
        due_count * cast(sum(on_time_count) over (partition by month_start, category_code, tier) as double)
        / nullif(sum(due_count) over (partition by month_start, category_code, tier), 0) as expected_count
    from due
),

rolled as (
    select
        month_start,
        case
            when grouping(unit_code) = 0 then 'unit'
            when grouping(street_code) = 0 then 'street'
            when true then 'district'
        end as unit_type,
        case
            when grouping(unit_code) = 0 then unit_code
            when grouping(street_code) = 0 then street_code
            when true then district_code
        end as unit_code,
        sum(due_count) as due_count,
        sum(on_time_count) as on_time_count,
        {{ ordered_sum('expected_count', 'expected_count') }} as expected_count
    from weighed
    group by grouping sets ((month_start, unit_code), (month_start, street_code), (month_start, district_code))
),

-- what the rate itself does not show, for its size or for a check that failed
hidden as (
    select
        unit_type,
        unit_code,
        period_start as month_start
    from {{ ref('kpi_results') }}
    where
        kpi_id = 'H06'
        and variant = 'main'
        and period_type = 'month'
        and caliber = 'full'
        and verdict in ('SUPPRESSED', 'WITHHELD')
),

missed as (
    select
        rolled.*,
        rolled.due_count - rolled.on_time_count as missed_count,
        rolled.due_count - rolled.expected_count as expected_missed_count
    from rolled
    left join hidden
        on
            rolled.unit_type = hidden.unit_type
            and rolled.unit_code = hidden.unit_code
            and rolled.month_start = hidden.month_start
    left join {{ ref('kpi_coverage') }} as coverage
        on coverage.count_model = 'orders'
    where
        rolled.unit_code is not null
        and coalesce(coverage.covered_from <= rolled.month_start, true)
        and rolled.due_count >= 30 -- the floor of a comparison
        and hidden.unit_code is null
)

select
    month_start,
    unit_type,
    unit_code,
    cast(due_count as bigint) as due_count,
    cast(on_time_count as bigint) as on_time_count,
    {{ rounded('expected_count', 4) }} as expected_on_time_count,
    case when expected_count > 0 then {{ rounded('on_time_count / expected_count', 6) }} end as on_time_ratio,
    cast(missed_count as bigint) as missed_count,
    {{ rounded('expected_missed_count', 4) }} as expected_missed_count,
    case
        when expected_missed_count > 0 then {{ rounded('missed_count / expected_missed_count', 6) }}
    end as missed_ratio,
    case
        when expected_missed_count > 0 then {{ rounded('(' ~ middle ~ ' - ' ~ reach ~ ') / expected_missed_count', 6) }}
    end as missed_ratio_low,
    case
        when expected_missed_count > 0 then {{ rounded('(' ~ middle ~ ' + ' ~ reach ~ ') / expected_missed_count', 6) }}
    end as missed_ratio_high
from missed
where not {{ is_blocked('H06') }}
union all
select
    month_start,
    unit_type,
    unit_code,
    due_count,
    on_time_count,
    expected_on_time_count,
    on_time_ratio,
    missed_count,
    expected_missed_count,
    missed_ratio,
    missed_ratio_low,
    missed_ratio_high
from {{ source('raw', 'previous_standardised_on_time') }}
where {{ is_blocked('H06') }}
