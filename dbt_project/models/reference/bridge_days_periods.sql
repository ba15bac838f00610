-- One row per day and assessment period it belongs to.
{% set half_year_start -%}
    case
        when extract(month from day) <= 6 then {{ dbt.date_trunc('year', 'day') }}
        else {{ dbt.dateadd('month', 6, dbt.date_trunc('year', 'day')) }}
    end
{%- endset %}
{# 考核月: from the 19th of a month to the 18th of the next, unless the parameter says otherwise #}
{% set assessment_month_start -%}
    {{ dbt.dateadd(
        'day',
        var('assessment_month_start_day') | int - 1,
        "case when extract(day from day) >= " ~ var('assessment_month_start_day') ~ " then "
        ~ dbt.date_trunc('month', 'day') ~ " else "
        ~ dbt.dateadd('month', -1, dbt.date_trunc('month', 'day')) ~ " end"
    ) }}
{%- endset %}
{% set periods = [
    ('day', 'day', 'day', 1),
    ('week', dbt.dateadd('day', '1 - ' ~ iso_weekday('day'), 'day'), 'day', 7),
    ('month', dbt.date_trunc('month', 'day'), 'month', 1),
    ('assessment_month', assessment_month_start, 'month', 1),
    ('quarter', dbt.date_trunc('quarter', 'day'), 'month', 3),
    ('half_year', half_year_start, 'month', 6),
    ('year', dbt.date_trunc('year', 'day'), 'year', 1),
] %}
with started as (
    {% for period_type, start, part, length in periods %}
    select
        day,
        '{{ period_type }}' as period_type,
        cast({{ start }} as date) as period_start
    from {{ ref('dim_days') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    day,
    period_type,
    period_start,
    cast(case
        {% for period_type, start, part, length in periods -%}
        when period_type = '{{ period_type }}'
            then {{ dbt.dateadd('day', -1, dbt.dateadd(part, length, 'period_start')) }}
        {% endfor -%}
    end as date) as period_end
from started
