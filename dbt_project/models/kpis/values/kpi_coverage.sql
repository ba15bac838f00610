-- One row per count model whose figures are sums over days: the first day that its records cover. What lies before it
-- was not without cases, nobody has told of them; a period that begins earlier is half a period.
{% set arrivals = {
    'orders': (ref('fct_orders_by_day'), 'created_count'),
    'calls': (ref('fct_calls_by_day'), 'inbound_count + outbound_count'),
    'grid_events': (ref('fct_grid_events_by_day'), 'reported_count'),
    'cases': (ref('fct_cases_by_day'), 'finished_count'),
    'terminals': (ref('fct_terminals_by_day'), 'device_days'),
    'worker_activity': (ref('fct_worker_activity_by_day'), 'registered_count'),
} %}
with daily as (
    {% for source, (counts, measure) in arrivals.items() %}
    select
        '{{ source }}' as source,
        day,
        {{ measure }} as record_count
    from {{ counts }}
    where unit_type = 'city' and caliber = 'full' and {{ measure }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ordered as (
    select
        source,
        day,
        lead(day) over (partition by source order by day) as next_day,
        sum(record_count) over (partition by source order by day rows unbounded preceding) as records_so_far,
        sum(record_count) over (partition by source) as all_records
    from daily
),

-- a handful of records long before all others are mistyped dates and no beginning
beginnings as (
    select
        source,
        min(day) as day
    from ordered
    group by source
    union all
    select
        source,
        next_day as day
    from ordered
    where
        next_day > {{ dbt.dateadd('day', 31, 'day') }}
        and records_so_far <= {{ threshold('outlying_share') }} * all_records
),

begun as (
    select
        source,
        max(day) as first_day
    from beginnings
    group by source
),

-- days before the first record on which fewer than three were to be expected say nothing: so few may be none by chance
-- (the rule of three: Hanley and Lippman-Hand (1983), JAMA 249, 1743-1745)
covered as (
    select
        begun.source,
        cast({{ dbt.dateadd(
            'day', '-cast(floor(3 * 28 / nullif(sum(daily.record_count), 0)) as integer)', 'begun.first_day'
        ) }} as date) as covered_from
    from begun
    inner join daily
        on
            begun.source = daily.source
            and daily.day between begun.first_day and {{ dbt.dateadd('day', 27, 'begun.first_day') }}
    group by begun.source, begun.first_day
)

-- a figure made of two sources is covered where both are
select
    needs.count_model,
    max(covered.covered_from) as covered_from
from (
    values
    {% for count_model, sources in {
        'orders': ['orders'], 'three_rate': ['orders'], 'closure_gap': ['orders'], 'tracked_orders': ['orders'],
        'hotspots': ['orders'], 'tiers': ['orders', 'grid_events'], 'discoveries': ['orders', 'grid_events'],
        'calls': ['calls'], 'answer_minimum': ['calls'], 'grid_events': ['grid_events'],
        'verifications': ['grid_events'], 'worker_activity': ['worker_activity'], 'cases': ['cases'],
        'terminals': ['terminals'],
    }.items() -%}
    {% for source in sources -%}
    ('{{ count_model }}', '{{ source }}'){{ ',' if not loop.last }}
    {%- endfor %}{{ ',' if not loop.last }}
    {% endfor -%}
) as needs (count_model, source)
inner join covered on needs.source = covered.source
group by needs.count_model
