-- One row per day in which a window of 24 hours ends that holds a changed call.
select day from {{ ref('int_call_days_to_count') }}
union
select cast({{ dbt.dateadd('day', 1, 'day') }} as date) as day from {{ ref('int_call_days_to_count') }}
where day < {{ business_date() }}
