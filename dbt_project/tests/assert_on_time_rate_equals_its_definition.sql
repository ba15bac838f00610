-- H06 of a city's month, written again from the orders themselves in the words of the catalogue.
{{ config(meta={'rule_id': 'L3-IDN-008', 'severity': 'block', 'table_name': 'agg_orders_by_period'}) }}
with defined as (
    select
        cast({{ dbt.date_trunc('month', 'due_date') }} as date) as month_start,
        count(*) as due_count,
        {{ count_where('closed_at <= due_at') }} as on_time_count
    from {{ ref('fct_work_orders') }}
    where
        due_at < {{ as_of() }}
        and parent_order_id is null
        and coalesce(closure_code, '') <> 'withdrawn'
        and coalesce(claim_role, '') <> 'definition'
    group by cast({{ dbt.date_trunc('month', 'due_date') }} as date)
),

published as (
    select
        period_start,
        due_count,
        on_time_count
    from {{ ref('agg_orders_by_period') }}
    where unit_type = 'city' and period_type = 'month' and caliber = 'full'
)

select
    defined.month_start,
    defined.due_count,
    defined.on_time_count
from defined
left join published on defined.month_start = published.period_start
where
    published.period_start is null
    or published.on_time_count < defined.on_time_count
    or published.due_count < defined.due_count
    -- with no on-time flags in the city the two must be equal
    or (
        (published.due_count <> defined.due_count or published.on_time_count <> defined.on_time_count)
        and not exists (
            select 1 from {{ ref('fct_work_orders') }}
            where claim_role = 'definition'
        )
    )
