-- One row per local day and hour in which a call was offered to the agent queue.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_call_days_to_count') ~ ')') }}") }}
select
    call_date as day,
    cast(extract(hour from {{ local_time('offered_at') }}) as integer) as hour_of_day,
    count(*) as offered_count,
    {{ count_where('answered_at is not null') }} as answered_count
from {{ ref('fct_calls') }}
where
    direction = 'inbound'
    and offered_at is not null
    and call_date in (select day from {{ ref('int_call_days_to_count') }})
group by
    call_date,
    cast(extract(hour from {{ local_time('offered_at') }}) as integer)
