-- One row per calendar day, from the first day a record may have to the end of the year after the business date.
with numbered as (
    {{ dbt.generate_series(36524) }}
),

days as (
    select day
    from (
        select cast({{ dbt.dateadd('day', 'generated_number - 1', first_day()) }} as date) as day
        from numbered
    ) as every_day
    where day <= {{ dbt.dateadd('year', 1, business_date()) }}
),

known as (
    select
        extract(year from min(day)) as first_year,
        extract(year from max(day)) as last_year
    from {{ ref('calendar_exceptions') }}
),

marked as (
    select
        days.day,
        -- Monday to Friday where no notice says otherwise
        coalesce(exceptions.is_workday, {{ iso_weekday('days.day') }} <= 5) as is_workday,
        extract(year from days.day) between known.first_year and known.last_year as is_calendar_known
    from days
    cross join known
    left join {{ ref('calendar_exceptions') }} as exceptions
        on days.day = exceptions.day
)

select
    day,
    is_workday,
    is_calendar_known,
    cast(sum(case when is_workday then 1 else 0 end) over (
        order by day rows between unbounded preceding and current row
    ) as integer) as workday_number
from marked
