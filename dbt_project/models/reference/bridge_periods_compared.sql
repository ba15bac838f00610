-- One row per period from a week to a year, comparison and alignment: the days it is compared with. Before
-- (previous) lies the period that ended the day before. A year before (last_year) lie the same dates, for a week
-- the days 52 weeks earlier; but where the period or those days touch a festival that moves, the days that stood
-- as far from the festival: a February with the Spring Festival is no measure for one without.
with periods as (
    select distinct -- many days of one period
        period_type,
        period_start,
        period_end
    from {{ ref('bridge_days_periods') }}
    where period_type <> 'day' and day <= {{ business_date() }}
),

last_year as (
    select
        period_type,
        period_start,
        period_end,
        cast(case
            when period_type = 'week' then {{ dbt.dateadd('day', -364, 'period_start') }}
            else {{ dbt.dateadd('year', -1, 'period_start') }}
        end as date) as compare_from,
        cast(case
            when period_type = 'week' then {{ dbt.dateadd('day', -364, 'period_end') }}
            else {{ dbt.dateadd('day', -1, dbt.dateadd('year', -1, dbt.dateadd('day', 1, 'period_end'))) }}
        end as date) as compare_to
    from periods
),

festivals as (
    select
        this_year.festival,
        rules.period_types,
        this_year.day,
        before.day as day_before,
        {{ dbt.dateadd('day', '-rules.days_before', 'this_year.day') }} as felt_from,
        {{ dbt.dateadd('day', 'rules.days_after', 'this_year.day') }} as felt_to,
        {{ dbt.dateadd('day', '-rules.days_before', 'before.day') }} as felt_from_before,
        {{ dbt.dateadd('day', 'rules.days_after', 'before.day') }} as felt_to_before
    from {{ ref('festivals') }} as this_year
    inner join {{ ref('festivals') }} as before
        on this_year.festival = before.festival and this_year.year = before.year + 1
    inner join {{ ref('festival_rules') }} as rules
        on this_year.festival = rules.festival
),

touching as (
    select
        last_year.period_type,
        last_year.period_start,
        last_year.period_end,
        festivals.festival,
        {{ dbt.datediff('festivals.day', 'festivals.day_before', 'day') }} as shift_days,
        row_number() over (
            partition by last_year.period_type, last_year.period_start
            order by festivals.day desc, festivals.festival asc
        ) as precedence
    from last_year
    inner join festivals
        on
            concat_ws('', ' ', festivals.period_types, ' ') like concat_ws('', '% ', last_year.period_type, ' %')
            and (
                (last_year.period_start <= festivals.felt_to and last_year.period_end >= festivals.felt_from)
                or (
                    last_year.compare_from <= festivals.felt_to_before
                    and last_year.compare_to >= festivals.felt_from_before
                )
            )
)

select
    period_type,
    period_start,
    period_end,
    'last_year' as comparison,
    'calendar' as aligned_by,
    compare_from,
    compare_to
from last_year
union all
select
    period_type,
    period_start,
    period_end,
    'last_year' as comparison,
    festival as aligned_by,
    cast({{ dbt.dateadd('day', 'shift_days', 'period_start') }} as date) as compare_from,
    cast({{ dbt.dateadd('day', 'shift_days', 'period_end') }} as date) as compare_to
from touching
where precedence = 1
union all
select
    periods.period_type,
    periods.period_start,
    periods.period_end,
    'previous' as comparison,
    'calendar' as aligned_by,
    earlier.period_start as compare_from,
    earlier.period_end as compare_to
from periods
inner join periods as earlier
    on
        periods.period_type = earlier.period_type
        and periods.period_start = {{ dbt.dateadd('day', 1, 'earlier.period_end') }}
