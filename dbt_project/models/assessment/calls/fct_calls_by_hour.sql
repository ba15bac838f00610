-- One row per local day and hour in which a call was offered to the agent queue.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('calls') }}") }}
select
    call_date as day,
    cast(extract(hour from {{ local_time('offered_at') }}) as integer) as hour_of_day,
    count(*) as offered_count,
    {{ count_where('answered_at is not null') }} as answered_count
from {{ ref('fct_calls') }}
where
    direction = 'inbound'
    and offered_at is not null
    and {{ in_days_to_count('calls', 'call_date') }}
group by
    call_date,
    cast(extract(hour from {{ local_time('offered_at') }}) as integer)
