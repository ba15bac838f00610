-- One row per KPI, variant, unit, period and caliber whose value is an estimate of its own, not a ratio of two sums.
{{ config(materialized='view') }}
{% set z = '1.959963984540054' %}
with estimates as (
    select
        'E02' as kpi_id,
        'main' as variant,
        'unit' as unit_type,
        ratings.unit_code,
        'quarter' as period_type,
        ratings.quarter_start as period_start,
        cast(null as double) as numerator,
        ratings.score_count as denominator,
        ratings.mean_score as value,
        ratings.mean_score - {{ z }} * ratings.score_error as ci_low,
        ratings.mean_score + {{ z }} * ratings.score_error as ci_high
    from {{ ref('est_department_ratings') }} as ratings
    union all
    select
        'L03' as kpi_id,
        'main' as variant,
        unit_type,
        unit_code,
        period_type,
        period_start,
        settled_count as numerator,
        dispute_count as denominator,
        median_days as value,
        low_days as ci_low,
        high_days as ci_high
    from {{ ref('est_dispute_days') }}
    union all
    select
        'W02' as kpi_id,
        'grade_entropy' as variant,
        unit_type,
        unit_code,
        'year' as period_type,
        year_start as period_start,
        cast(null as double) as numerator,
        worker_count as denominator,
        entropy as value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high
    from {{ ref('est_grade_entropy') }}
    union all
    select
        'Q01' as kpi_id,
        domain as variant,
        unit_type,
        unit_code,
        'half_year' as period_type,
        half_year_start as period_start,
        satisfied_count as numerator,
        valid_count as denominator,
        share as value,
        share_low as ci_low,
        share_high as ci_high
    from {{ ref('est_survey_satisfaction') }}
    {% for kind in ['pp', 'relative'] %}
    union all
    select
        'Q02' as kpi_id,
        concat_ws('', now.domain, '_{{ kind }}') as variant,
        now.unit_type,
        now.unit_code,
        'half_year' as period_type,
        now.half_year_start as period_start,
        cast(null as double) as numerator,
        least(now.valid_count, before.valid_count) as denominator,
        {% if kind == 'pp' -%}
        100 * (now.share - before.share) as value,
        100 * {{ difference_low('now.share', 'now.share_low', 'before.share', 'before.share_high') }} as ci_low,
        100 * {{ difference_high('now.share', 'now.share_high', 'before.share', 'before.share_low') }} as ci_high
        {%- else -%}
        now.share / nullif(before.share, 0) - 1 as value,
        {{ ratio_low('now.share', 'now.share_low', 'before.share', 'before.share_high') }} - 1 as ci_low,
        {{ ratio_high('now.share', 'now.share_high', 'before.share', 'before.share_low') }} - 1 as ci_high
        {%- endif %}
    from {{ ref('est_survey_satisfaction') }} as now
    inner join {{ ref('est_survey_satisfaction') }} as before
        on
            now.domain = before.domain
            and now.unit_type = before.unit_type
            and now.unit_code = before.unit_code
            and now.half_year_start = {{ dbt.dateadd('year', 1, 'before.half_year_start') }}
    where now.unit_type = 'city'{{ ' and before.share > 0' if kind == 'relative' }}
    {% endfor %}
),

closure_gaps as (
    select
        unit_type,
        unit_code,
        period_type,
        period_start,
        caliber,
        due_resolved_count as resolved_count,
        due_called_back_count as sample_size,
        cast(due_closed_count as double) / nullif(due_count, 0) as closed_share,
        cast(due_resolved_count as double) / nullif(due_called_back_count, 0) as resolved_share,
        {{ wilson_low('due_closed_count', 'due_count') }} as closed_low,
        {{ wilson_high('due_closed_count', 'due_count') }} as closed_high,
        {{ wilson_low('due_resolved_count', 'due_called_back_count') }}
            as resolved_low,
        {{ wilson_high('due_resolved_count', 'due_called_back_count') }} as resolved_high
    from {{ ref('agg_orders_by_period') }}
    where
        due_count > 0
        and due_called_back_count > 0
        and unit_type in ('city', 'district', 'street', 'unit')
        and period_type in ('month', 'assessment_month', 'quarter', 'half_year', 'year')
),

periods as (
    select distinct -- many days of one period
        period_type,
        period_start,
        period_end
    from {{ ref('bridge_days_periods') }}
    where day <= {{ business_date() }}
)

{% for caliber in ['full', 'assessed'] %}
select
    estimates.kpi_id,
    estimates.variant,
    estimates.unit_type,
    estimates.unit_code,
    estimates.period_type,
    estimates.period_start,
    periods.period_end,
    '{{ caliber }}' as caliber,
    cast(estimates.numerator as decimal(18, 4)) as numerator,
    cast(estimates.denominator as decimal(18, 4)) as denominator,
    cast(estimates.denominator as decimal(18, 4)) as sample_size,
    {{ rounded('estimates.value', 8) }} as value,
    {{ rounded('estimates.ci_low', 8) }} as ci_low,
    {{ rounded('estimates.ci_high', 8) }} as ci_high
from estimates
inner join periods
    on estimates.period_type = periods.period_type and estimates.period_start = periods.period_start
{{ 'union all' if not loop.last }}
{% endfor %}
union all
select
    'X02' as kpi_id,
    'main' as variant,
    closure_gaps.unit_type,
    closure_gaps.unit_code,
    closure_gaps.period_type,
    closure_gaps.period_start,
    periods.period_end,
    closure_gaps.caliber,
    cast(closure_gaps.resolved_count as decimal(18, 4)) as numerator,
    cast(closure_gaps.sample_size as decimal(18, 4)) as denominator,
    cast(closure_gaps.sample_size as decimal(18, 4)) as sample_size,
    {{ rounded('100 * (closure_gaps.closed_share - closure_gaps.resolved_share)', 8) }} as value,
    {{ rounded('100 * ' ~ difference_low('closed_share', 'closed_low', 'resolved_share', 'resolved_high'), 8) }}
        as ci_low,
    {{ rounded('100 * ' ~ difference_high('closed_share', 'closed_high', 'resolved_share', 'resolved_low'), 8) }}
        as ci_high
from closure_gaps
inner join periods
    on closure_gaps.period_type = periods.period_type and closure_gaps.period_start = periods.period_start
