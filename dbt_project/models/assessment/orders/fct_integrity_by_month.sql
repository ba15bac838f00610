-- One row per month, district, street, unit and measure: what tells of gaming, counted. Never an assessment. Made anew
-- each night: an attempt or a deferral may be moved out of any month.
{% set minutes -%} {{ dbt.datediff('created_at', 'closed_at', 'second') }} / cast(60 as double) {%- endset %}
{% set hours_left -%} {{ dbt.datediff('closed_at', 'due_at', 'second') }} / cast(3600 as double) {%- endset %}
with orders as (
    select
        *,
        {{ minutes }} as minutes_open,
        {{ hours_left }} as hours_left
    from {{ ref('fct_work_orders') }}
),

-- asked for before it was granted; without a request the grant itself is the asking
deferrals as (
    select
        grants.order_id,
        coalesce(max(requests.occurred_at), grants.occurred_at) as asked_at,
        {{ utc_time(timestamp_or_null('grants.from_value')) }} as deadline_at
    from {{ ref('int_order_steps_latest') }} as grants
    left join {{ ref('int_order_steps_latest') }} as requests
        on
            grants.order_id = requests.order_id
            and requests.event_type = 'defer_request'
            and grants.occurred_at >= requests.occurred_at
    where grants.event_type = 'defer_grant' and grants.occurred_at <= {{ as_of() }}
    group by grants.order_id, grants.event_id, grants.occurred_at, grants.from_value
),

deferred as (
    select
        orders.district_code,
        orders.street_code,
        orders.unit_code,
        {{ local_date('deferrals.asked_at') }} as day,
        {{ dbt.datediff('deferrals.asked_at', 'deferrals.deadline_at', 'second') }}
        <= 0.1 * {{ dbt.datediff('orders.created_at', 'deferrals.deadline_at', 'second') }} as is_late
    from deferrals
    inner join orders on deferrals.order_id = orders.order_id
    where deferrals.deadline_at > orders.created_at
),

attempts as (
    select
        orders.district_code,
        orders.street_code,
        orders.unit_code,
        {{ local_date('callbacks.called_at') }} as day,
        callbacks.is_reached and not callbacks.is_valid as is_invalid
    from {{ ref('int_callbacks_latest') }} as callbacks
    inner join orders on callbacks.order_id = orders.order_id
    where callbacks.called_at <= {{ as_of() }}
),

counted as (
    select
'exclusion_rate' as measure,
district_code,
street_code,
unit_code,
created_date as day,
        assessment_scope = 'excluded' as is_counted
    from orders
    union all
    select
'instant_close_rate' as measure,
district_code,
street_code,
unit_code,
closed_date as day,
        minutes_open <= 10 as is_counted
    from orders
    where closed_at is not null and not is_merged
    union all
    select
'deferral_near_deadline_share' as measure,
district_code,
street_code,
unit_code,
day,
is_late as is_counted
    from deferred
    union all
    select
'invalid_callback_share' as measure,
district_code,
street_code,
unit_code,
day,
is_invalid as is_counted
    from attempts
    union all
    -- closed in the hour that ends at the deadline, against the same hour of the days before it
    select
'deadline_bunching_index' as measure,
district_code,
street_code,
unit_code,
closed_date as day,
        hours_left < 1 as is_counted
    from orders
    where
        closed_at is not null
        and not is_merged
        and hours_left >= 0
        and hours_left - 24 * floor(hours_left / 24) < 1
)

select
    cast({{ dbt.date_trunc('month', 'day') }} as date) as month_start,
    district_code,
    street_code,
    unit_code,
    measure,
    {{ count_where('is_counted') }} as counted,
    cast(count(*) as integer) as seen
from counted
where day is not null
group by
    cast({{ dbt.date_trunc('month', 'day') }} as date),
    district_code,
    street_code,
    unit_code,
    measure
