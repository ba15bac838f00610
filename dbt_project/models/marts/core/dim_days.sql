-- One row per calendar day, from the first day a record may have to the end of the year after the business date.
with numbered as (
    {{ dbt.generate_series(36524) }}
)

select day
from (
    select cast({{ dbt.dateadd('day', 'generated_number - 1', first_day()) }} as date) as day
    from numbered
) as days
where day <= {{ dbt.dateadd('year', 1, business_date()) }}
