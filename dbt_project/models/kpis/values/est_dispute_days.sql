-- One row per unit and period: Kaplan-Meier median of the days from the beginning of a dispute to a named owner, with
-- the bounds of Brookmeyer and Crowley (1982), Biometrics 38, 29-41, on the log-log scale. A bound that is not reached
-- is null.
with reported as (
    {{ returned_rows('disputes') | indent }}
),

disputes as (
    select
        {{ local_date('reported.started_at') }} as started_on,
        orders.district_code,
        reported.settled_at is not null as is_settled,
        {{ dbt.datediff(
            'reported.started_at',
            'coalesce(reported.settled_at, ' ~ utc_time("cast(" ~ dbt.dateadd('day', 1, 'reported.report_to') ~ " as timestamp)") ~ ')',
            'second'
        ) }} / cast(86400 as double) as days
    from reported
    left join {{ ref('fct_work_orders') }} as orders
        on reported.order_id = orders.order_id
),

placed as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        'city' as unit_type,
        '{{ var("city_code") }}' as unit_code,
        disputes.is_settled,
        disputes.days
    from disputes
    inner join {{ ref('bridge_days_periods') }} as periods
        on disputes.started_on = periods.day
    union all
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        'district' as unit_type,
        disputes.district_code as unit_code,
        disputes.is_settled,
        disputes.days
    from disputes
    inner join {{ ref('bridge_days_periods') }} as periods
        on disputes.started_on = periods.day
    where disputes.district_code is not null
),

{% set group = 'period_type, period_start, period_end, unit_type, unit_code' -%}
moments as (
    select
        {{ group }},
        days,
        {{ count_where('is_settled') }} as settled_count,
        count(*) as left_count
    from placed
    where period_type in ('month', 'assessment_month', 'quarter', 'half_year', 'year')
    group by {{ group }}, days
),

at_risk as (
    select
        *,
        sum(left_count) over (partition by {{ group }} order by days desc) as risk_count
    from moments
),

survival as (
    select
        {{ group }},
        days,
        sum(case when settled_count = risk_count then 1 else 0 end) over (partition by {{ group }} order by days) > 0
            as is_everyone_settled,
        -- rounded: a half that is made of logarithms may come out a hair above one half
        {% set surviving -%}
            exp(sum(case
                when settled_count < risk_count then ln(1 - cast(settled_count as double) / risk_count) else 0
            end) over (partition by {{ group }} order by days))
        {%- endset -%}
        {{ rounded(surviving, 12) }} as surviving,
        sum(case
            when settled_count < risk_count
                then cast(settled_count as double) / (cast(risk_count as double) * (risk_count - settled_count))
            else 0
        end) over (partition by {{ group }} order by days) as greenwood
    from at_risk
),

bounded as (
    select
        *,
        case when is_everyone_settled then 0 else surviving end as share_left,
        case
            when is_everyone_settled then 0
            when surviving < 1 then power(surviving, exp(1.959963984540054 * sqrt(greenwood) / -ln(surviving)))
            else 1
        end as share_left_low,
        case
            when is_everyone_settled then null
            when surviving < 1 then power(surviving, exp(-1.959963984540054 * sqrt(greenwood) / -ln(surviving)))
            else 1
        end as share_left_high
    from survival
),

medians as (
    select
        {{ group }},
        min(case when share_left <= 0.5 then days end) as median_days,
        min(case when share_left_low <= 0.5 then days end) as low_days,
        min(case when share_left_high <= 0.5 then days end) as high_days
    from bounded
    group by {{ group }}
),

counted as (
    select
        {{ group }},
        count(*) as dispute_count,
        {{ count_where('is_settled') }} as settled_count
    from placed
    group by {{ group }}
)

select
    counted.*,
    {{ rounded('medians.median_days', 4) }} as median_days,
    {{ rounded('medians.low_days', 4) }} as low_days,
    {{ rounded('medians.high_days', 4) }} as high_days
from medians
inner join counted
    on
        medians.period_type = counted.period_type
        and medians.period_start = counted.period_start
        and medians.unit_type = counted.unit_type
        and medians.unit_code = counted.unit_code
