-- One row per month that is shown of a series with limits (监测信号): an XmR chart, mean ± 2.66 times the mean move from
-- one month to the next (Wheeler (2000), Understanding Variation; NHS England, Making Data Count). Of published figures
-- alone: a limit over a hidden one would give it away, so a hidden month is a gap that no move and no run of months
-- spans. Limits are those of a series' first months and stay; a break begins another series. A signal looks back only.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_series_judged_anew() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set series = ['kpi_id', 'unit_type', 'unit_code', 'caliber', 'series_no'] %}
{% set in_series %}
            partition by shown.kpi_id, shown.unit_type, shown.unit_code, shown.caliber, numbered.series_no
            order by shown.period_start
        {% endset %}
{% set chance = '2.66 * baselines.mean_move' %}
{% set lower, upper = 'baselines.mean_value - ' ~ chance, 'baselines.mean_value + ' ~ chance %}
{% set seven = 'value, value_1, value_2, value_3, value_4, value_5, value_6' %}
{% set seven_rise = 'value > value_1 and value_1 > value_2 and value_2 > value_3 and value_3 > value_4 '
    ~ 'and value_4 > value_5 and value_5 > value_6' %}
with contract as (
    select
        kpi_id,
        variant,
        unit,
        direction
    from {{ ref('kpi_contract') }}
    where variant = 'main' and interval_method <> 'none'
),

shown as (
    select
        results.kpi_id,
        results.unit_type,
        results.unit_code,
        results.caliber,
        results.period_start,
        results.period_end,
        results.denominator,
        -- sums of decimals are exact: a last digit must not depend on the order of rows
        cast(results.value as decimal(18, 8)) as value
    from {{ ref('kpi_results') }} as results
    inner join contract
        on results.kpi_id = contract.kpi_id and results.variant = contract.variant
    where
        results.period_type = 'month'
        and not results.is_provisional
        and results.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY')
        and results.value is not null
        {% if is_incremental() -%}
        and {{ in_series_judged_anew('results') }}
        {%- endif %}
),

months as (
    select distinct -- many units of one month
        kpi_id,
        period_start,
        period_end
    from shown
),

numbered as (
    select
        months.kpi_id,
        months.period_start,
        count(versions.valid_from) as series_no
    from months
    left join {{ ref('kpi_contract_versions') }} as versions
        on
            months.kpi_id = versions.kpi_id
            and versions.variant = 'main'
            and versions.is_break
            and months.period_end >= versions.valid_from
    group by months.kpi_id, months.period_start
),

{# a run of months has no gap where its first lies as many months back as it has rows #}
placed as (
    select
        shown.*,
        numbered.series_no,
        row_number() over ({{ in_series }}) as place,
        {% for back in range(1, 7) -%}
        lag(shown.value, {{ back }}) over ({{ in_series }}) as value_{{ back }},
        {% endfor -%}
        {% for back in [1, 2, 6] -%}
        lag(shown.period_start, {{ back }}) over ({{ in_series }})
        = {{ dbt.dateadd('month', -back, 'shown.period_start') }} as has_{{ back }}{{ ',' if not loop.last }}
        {% endfor %}
    from shown
    inner join numbered
        on shown.kpi_id = numbered.kpi_id and shown.period_start = numbered.period_start
),

baselines as (
    select
        {{ series | join(',\n        ') }},
        min(period_start) as baseline_start,
        count(*) as baseline_months,
        {{ rounded('cast(sum(value) as double) / count(*)', 8) }} as mean_value,
        cast(sum(case when has_1 then abs(value - value_1) end) as double)
        / nullif({{ count_where('has_1') }}, 0) as mean_move
    from placed
    where place <= {{ parameter('signal_baseline_months') }}
    group by {{ series | join(', ') }}
    having
        count(*) >= {{ parameter('signal_min_months') }}
        and 2 * {{ count_where('has_1') }} >= {{ parameter('signal_min_months') }}
        and (unit_type in ('city', 'district') or avg(denominator) >= {{ parameter('signal_min_cases') }})
),

limited as (
    select
        placed.*,
        contract.variant,
        contract.direction,
        baselines.baseline_start,
        baselines.baseline_months,
        baselines.mean_value,
        -- no share below 0 or above 1
        case
            when contract.unit = 'pp' then {{ rounded(lower, 8) }}
            else {{ rounded('greatest(0.0, ' ~ lower ~ ')', 8) }}
        end as lower_limit,
        case
            when contract.unit = 'share' then {{ rounded('least(1.0, ' ~ upper ~ ')', 8) }}
            when contract.unit = 'points' then {{ rounded('least(100.0, ' ~ upper ~ ')', 8) }}
            else {{ rounded(upper, 8) }}
        end as upper_limit,
        -- two thirds of the way from the mean to a limit
        {{ rounded('baselines.mean_value - 2 * ' ~ chance ~ ' / 3', 8) }} as near_lower,
        {{ rounded('baselines.mean_value + 2 * ' ~ chance ~ ' / 3', 8) }} as near_upper
    from placed
    inner join baselines
        on
            {% for column in series -%}
            placed.{{ column }} = baselines.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
    inner join contract
        on placed.kpi_id = contract.kpi_id
),

-- each signal: 1 above or rising, -1 below or falling
signals as (
    select
        *,
        case when value > upper_limit then 1 when value < lower_limit then -1 end as outside,
        case
            when has_6 and least({{ seven }}) > mean_value then 1
            when has_6 and greatest({{ seven }}) < mean_value then -1
        end as shift,
        case
            when has_6 and {{ seven_rise }} then 1
            when has_6 and {{ seven_rise | replace('>', '<') }} then -1
        end as trend,
        case
            when value > near_upper and (has_1 and value_1 > near_upper or has_2 and value_2 > near_upper) then 1
            when value < near_lower and (has_1 and value_1 < near_lower or has_2 and value_2 < near_lower) then -1
        end as near_limits
    from limited
),

directed as (
    select
        *,
        {% set kinds = ['outside', 'shift', 'trend', 'near_limits'] -%}
        case
            {% for kind in kinds -%}
            when {{ kind }} is not null then '{{ kind }}'
            {% endfor -%}
            else 'none'
        end as signal,
        coalesce({{ kinds | join(', ') }}) * case direction when 'up' then 1 when 'down' then -1 end as gain
    from signals
),

{# what a scheme made of targets asks; where there are several, of the first by name #}
targets as (
    select
        schemes.kpi_id,
        schemes.variant,
        levels.unit_type,
        schemes.valid_from,
        schemes.valid_to,
        schemes.scheme,
        {{ rounded('schemes.target / 100', 8) }} as target,
        min(schemes.scheme) over (partition by schemes.kpi_id, schemes.variant, levels.unit_type) as first_scheme
    from {{ ref('schemes') }} as schemes
    inner join {{ ref('scheme_levels') }} as levels
        on schemes.applies_to = levels.applies_to
    where schemes.transform = 'ratio_to_target'
)

select
    directed.kpi_id,
    directed.variant,
    directed.unit_type,
    directed.unit_code,
    'month' as period_type,
    directed.period_start,
    directed.caliber,
    cast(directed.value as double) as value,
    directed.mean_value,
    directed.lower_limit,
    directed.upper_limit,
    directed.baseline_start,
    directed.baseline_months,
    directed.signal,
    case directed.gain when 1 then 'better' when -1 then 'worse' end as signal_direction,
    targets.target,
    case
        when targets.target is null or directed.direction = 'context' then null
        when directed.direction = 'up' and directed.lower_limit >= targets.target then 'always'
        when directed.direction = 'up' and directed.upper_limit < targets.target then 'never'
        when directed.direction = 'down' and directed.upper_limit <= targets.target then 'always'
        when directed.direction = 'down' and directed.lower_limit > targets.target then 'never'
        else 'sometimes'
    end as assurance
from directed
left join targets
    on
        directed.kpi_id = targets.kpi_id
        and directed.variant = targets.variant
        and directed.unit_type = targets.unit_type
        and targets.scheme = targets.first_scheme
        and directed.period_start >= targets.valid_from
        and directed.period_start < {{ end_of('targets.valid_to') }}
