-- One row per returned thing and KPI it counts in, of 五化标杆, 民生实事 and 公众满意度: what was checked, built, paid and
-- asked. What a report cannot know yet is not counted; a stock stands for its period until the next one.
{{ config(materialized='view') }}
{% set is_of_own_year = 'year_start = cast(' ~ dbt.date_trunc('year', 'report_to') ~ ' as date)' %}
with benchmark_checks as (
    {{ returned_rows('benchmark_checks') | indent }}
),

benchmarks as (
    {{ returned_rows('benchmarks') | indent }}
),

projects as (
    {{ returned_rows('projects') | indent }}
),

funds as (
    {{ returned_rows('funds') | indent }}
),

survey_waves as (
    {{ returned_rows('survey_waves') | indent }}
),

fund_reports as (
    select distinct report_to -- many lines of one report
    from funds
    where fund_kind = 'operations' and {{ is_of_own_year }}
),

-- every community of the city, whether a return names it or not, by the budget of the report's own year and the borders
-- of its last day
funded_communities as (
    select
        reports.report_to,
        borders.district_code as place_district_code,
        borders.street_code as place_street_code,
        places.community_code as place_community_code,
        coalesce(funds.budget_yuan, 0) as budget_yuan
    from fund_reports as reports
    cross join {{ ref('dim_places') }} as places
    left join {{ ref('dim_place_versions') }} as borders
        on
            places.place_code = borders.place_code
            and {{ stands_on('borders', 'reports.report_to') }}
    left join funds
        on
            reports.report_to = funds.report_to
            and places.place_code = funds.community_code
            and funds.fund_kind = 'operations'
            and funds.year_start = cast({{ dbt.date_trunc('year', 'reports.report_to') }} as date)
    where places.place_level = 'community' and (places.valid_to is null or places.valid_to >= reports.report_to)
)

{{ returned_measures([
    {'kpi': 'V01', 'of': 'benchmark_checks', 'day': 'year_start', 'share': 'is_passed', 'down_to': 'community'},
    {'kpi': 'V01', 'variant': "check_group", 'of': 'benchmark_checks', 'day': 'year_start', 'share': 'is_passed',
     'down_to': 'community'},
    {'kpi': 'V02', 'of': 'benchmarks', 'day': 'rechecked_year_start', 'share': 'is_retained',
     'down_to': 'district', 'only': 'rechecked_year_start is not null and is_retained is not null'},
    {'kpi': 'P01', 'variant': "project_kind", 'of': 'projects', 'day': 'year_start',
     'numerator': 'case when accepted_on <= report_to then coalesce(done_amount, 0) else 0 end',
     'denominator': 'planned_amount', 'down_to': 'district', 'only': "project_kind <> 'school_place'"},
    {'kpi': 'P02', 'of': 'projects', 'day': 'year_start',
     'numerator': 'case when accepted_on <= report_to then coalesce(done_amount, 0) else 0 end',
     'denominator': 'cast(null as integer)', 'down_to': 'district', 'only': "project_kind = 'school_place'"},
    {'kpi': 'P03', 'of': 'funded_communities', 'day': 'report_to',
     'share': 'budget_yuan >= ' ~ parameter('community_fund_floor_yuan'), 'down_to': 'community', 'is_stock': true},
    {'kpi': 'P04', 'variant': "fund_kind", 'of': 'funds', 'day': 'report_to', 'numerator': 'paid_yuan',
     'denominator': 'budget_yuan', 'down_to': 'district', 'is_stock': true,
     'only': 'fund_kind is not null and ' ~ is_of_own_year},
    {'kpi': 'Q03', 'of': 'survey_waves', 'day': 'half_year_start', 'numerator': 'valid_count',
     'denominator': 'contacted_count', 'down_to': 'district'},
]) }}
