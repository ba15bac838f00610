-- One row per returned thing and KPI it counts in: numerator, denominator, and the day that puts it into periods. What
-- a report cannot know yet (a deadline after its last day) is not counted; a stock stands for its period until the
-- next one.
{{ config(materialized='table') }}
-- depends_on: {{ ref('int_return_days_before') }}
{#
  What each KPI counts, on a returned sheet or on a relation made below:
    day          puts it into periods; share is a condition: 1 or 0 of 1, else numerator and denominator are given
    down_to      lowest level of the place that is known; has_unit: a responsible unit
    is_stock     of a period the last report's; only narrows the rows
#}
{% set is_of_own_year = 'year_start = cast(' ~ dbt.date_trunc('year', 'report_to') ~ ' as date)' %}
{% set measures = [
    {'kpi': 'R01', 'sheet': 'studios', 'day': 'quarter_start', 'share': 'reception_count > 0',
     'down_to': 'community'},
    {'kpi': 'R02', 'sheet': 'proposals', 'day': 'due_on', 'share': 'answered_on <= due_on', 'has_unit': true,
     'only': 'due_on <= report_to'},
    {'kpi': 'R03', 'sheet': 'consultations', 'day': 'held_on', 'numerator': 'task_count',
     'denominator': 'conclusion_count', 'down_to': 'street'},
    {'kpi': 'R04', 'sheet': 'opinions', 'day': 'received_on', 'share': 'has_outcome and told_on is not null',
     'down_to': 'street'},
    {'kpi': 'B01', 'sheet': 'checkin_units', 'day': 'report_to', 'numerator': 'checked_in_count',
     'denominator': 'obliged_count', 'down_to': 'street', 'is_stock': true},
    {'kpi': 'B02', 'sheet': 'checkin_members', 'day': 'report_to', 'numerator': 'checked_in_count',
     'denominator': 'obliged_count', 'down_to': 'street', 'is_stock': true},
    {'kpi': 'B03', 'sheet': 'needs', 'day': 'posted_on',
     'share': 'matched_on is not null and done_on is not null', 'down_to': 'community'},
    {'kpi': 'B04', 'sheet': 'checkin_feedback', 'day': 'report_to',
     'numerator': 'greatest(0, community_report_count + unit_report_count - checkin_count)',
     'denominator': 'checkin_count', 'down_to': 'street'},
    {'kpi': 'B04', 'variant': "'at_most'", 'sheet': 'checkin_feedback', 'day': 'report_to',
     'numerator': 'least(community_report_count, unit_report_count)', 'denominator': 'checkin_count',
     'down_to': 'street'},
    {'kpi': 'E01', 'sheet': 'department_calls', 'day': local_date('required_at'),
     'share': 'arrived_at <= required_at', 'has_unit': true, 'only': local_date('required_at') ~ ' <= report_to'},
    {'kpi': 'E03', 'of': 'street_ratings', 'day': 'quarter_start', 'share': 'rating_count > 0'},
    {'kpi': 'E03', 'variant': "'identical_scores'", 'of': 'street_ratings', 'day': 'quarter_start',
     'share': 'lowest_score >= ' ~ parameter('rating_full_marks'), 'only': 'rating_count > 1'},
    {'kpi': 'L01', 'of': 'street_quarters', 'day': 'quarter_start', 'share': 'meeting_count > 0',
     'down_to': 'district'},
    {'kpi': 'L02', 'of': 'decisions', 'day': 'due_on', 'share': 'done_on <= due_on', 'down_to': 'street',
     'only': 'due_on <= report_to'},
    {'kpi': 'V01', 'sheet': 'benchmark_checks', 'day': 'year_start', 'share': 'is_passed', 'down_to': 'community'},
    {'kpi': 'V01', 'variant': "check_group", 'sheet': 'benchmark_checks', 'day': 'year_start',
     'share': 'is_passed', 'down_to': 'community'},
    {'kpi': 'V02', 'sheet': 'benchmarks', 'day': 'rechecked_year_start', 'share': 'is_retained',
     'down_to': 'district', 'only': 'rechecked_year_start is not null and is_retained is not null'},
    {'kpi': 'P01', 'variant': "project_kind", 'sheet': 'projects', 'day': 'year_start',
     'numerator': 'case when accepted_on <= report_to then coalesce(done_amount, 0) else 0 end',
     'denominator': 'planned_amount', 'down_to': 'district', 'only': "project_kind <> 'school_place'"},
    {'kpi': 'P02', 'sheet': 'projects', 'day': 'year_start',
     'numerator': 'case when accepted_on <= report_to then coalesce(done_amount, 0) else 0 end',
     'denominator': 'cast(null as integer)', 'down_to': 'district', 'only': "project_kind = 'school_place'"},
    {'kpi': 'P03', 'of': 'funded_communities', 'day': 'report_to',
     'share': 'budget_yuan >= ' ~ parameter('community_fund_floor_yuan'), 'down_to': 'community', 'is_stock': true},
    {'kpi': 'P04', 'variant': "fund_kind", 'sheet': 'funds', 'day': 'report_to', 'numerator': 'paid_yuan',
     'denominator': 'budget_yuan', 'down_to': 'district', 'is_stock': true,
     'only': 'fund_kind is not null and ' ~ is_of_own_year},
    {'kpi': 'W01', 'of': 'staffed_streets', 'day': 'report_to', 'numerator': 'worker_count',
     'denominator': 'resident_count / 10000.0', 'down_to': 'street', 'is_stock': true,
     'only': 'resident_count is not null'},
    {'kpi': 'W02', 'sheet': 'posts', 'day': 'report_to', 'numerator': 'promoted_count',
     'denominator': 'worker_count', 'down_to': 'district', 'is_stock': true, 'only': 'grade < 18'},
    {'kpi': 'W03', 'sheet': 'posts', 'day': 'report_to', 'numerator': 'coalesce(graduate_count, 0)',
     'denominator': 'worker_count', 'down_to': 'district', 'is_stock': true},
    {'kpi': 'W03', 'variant': "'turnover'", 'of': 'headcounts', 'day': 'year_start', 'numerator': 'left_count',
     'denominator': 'mean_worker_count', 'down_to': 'district'},
    {'kpi': 'Q03', 'sheet': 'survey_waves', 'day': 'half_year_start', 'numerator': 'valid_count',
     'denominator': 'contacted_count', 'down_to': 'district'},
] %}
-- a street that was dissolved is not expected any more
with streets as (
    select
        place_code as street_code,
        district_code,
        resident_count,
        valid_to,
        successor_code
    from {{ ref('dim_places') }}
    where place_level = 'street'
),

street_ratings as (
    select
        quarters.quarter_start,
        streets.district_code as place_district_code,
        count(ratings.score) as rating_count,
        min(ratings.score) as lowest_score
    from (
        select distinct quarter_start -- many ratings of one quarter
        from {{ ref('int_returned_department_ratings') }}
        where broken_rule is null
    ) as quarters
    inner join streets
        on streets.valid_to is null or quarters.quarter_start <= streets.valid_to
    left join {{ ref('int_returned_department_ratings') }} as ratings
        on
            quarters.quarter_start = ratings.quarter_start
            and streets.street_code = ratings.street_code
            and ratings.broken_rule is null
    group by quarters.quarter_start, streets.district_code, streets.street_code
),

-- quarters of which something was reported; a street without a meeting counts as one without
street_quarters as (
    select
        quarters.quarter_start,
        streets.district_code as place_district_code,
        count(meetings.meeting_code) as meeting_count
    from (
        select distinct cast({{ dbt.date_trunc('quarter', 'report_to') }} as date) as quarter_start -- three months each
        from {{ ref('stg_returns__deliveries') }}
        where workbook = '党建联席会' and is_current
    ) as quarters
    inner join streets
        on streets.valid_to is null or quarters.quarter_start <= streets.valid_to
    left join {{ ref('int_returned_meetings') }} as meetings
        on
            streets.street_code = meetings.street_code
            and quarters.quarter_start = cast({{ dbt.date_trunc('quarter', 'meetings.held_on') }} as date)
            and meetings.has_minutes
            and meetings.broken_rule is null
    group by quarters.quarter_start, streets.district_code, streets.street_code
),

decisions as (
    select
        decisions.due_on,
        decisions.done_on,
        decisions.report_to,
        meetings.place_district_code,
        meetings.place_street_code
    from {{ ref('int_returned_meeting_decisions') }} as decisions
    inner join {{ ref('int_returned_meetings') }} as meetings
        on decisions.meeting_code = meetings.meeting_code and meetings.broken_rule is null
    where decisions.broken_rule is null
),

-- every community of the city, whether a return names it or not, by the budget of the report's own year
funded_communities as (
    select
        reports.report_to,
        places.district_code as place_district_code,
        places.street_code as place_street_code,
        places.community_code as place_community_code,
        coalesce(funds.budget_yuan, 0) as budget_yuan
    from (
        select distinct report_to -- many lines of one report
        from {{ ref('int_returned_funds') }}
        where fund_kind = 'operations' and broken_rule is null and {{ is_of_own_year }}
    ) as reports
    cross join {{ ref('dim_places') }} as places
    left join {{ ref('int_returned_funds') }} as funds
        on
            reports.report_to = funds.report_to
            and places.place_code = funds.community_code
            and funds.fund_kind = 'operations'
            and funds.year_start = cast({{ dbt.date_trunc('year', 'reports.report_to') }} as date)
            and funds.broken_rule is null
    where places.place_level = 'community' and (places.valid_to is null or places.valid_to >= reports.report_to)
),

post_reports as (
    select distinct report_to -- many posts of one report
    from {{ ref('int_returned_posts') }}
    where broken_rule is null
),

-- the residents of a successor hold those of the street dissolved into it, which before that day had its own
absorbed as (
    select
        reports.report_to,
        streets.successor_code as street_code,
        sum(streets.resident_count) as resident_count
    from post_reports as reports
    inner join streets
        on reports.report_to <= streets.valid_to
    where streets.successor_code is not null
    group by reports.report_to, streets.successor_code
),

staffed_streets as (
    select
        reports.report_to,
        streets.district_code as place_district_code,
        streets.street_code as place_street_code,
        max(streets.resident_count - coalesce(absorbed.resident_count, 0)) as resident_count,
        coalesce(sum(posts.worker_count), 0) as worker_count
    from post_reports as reports
    inner join streets
        on streets.valid_to is null or reports.report_to <= streets.valid_to
    left join absorbed
        on reports.report_to = absorbed.report_to and streets.street_code = absorbed.street_code
    left join {{ ref('int_returned_posts') }} as posts
        on
            reports.report_to = posts.report_to
            and streets.street_code = posts.street_code
            and posts.broken_rule is null
    group by reports.report_to, streets.district_code, streets.street_code
),

reported_headcounts as (
    select
        cast({{ dbt.date_trunc('year', 'report_to') }} as date) as year_start,
        report_to,
        place_district_code,
        sum(worker_count) as worker_count,
        sum(coalesce(left_count, 0)) as left_count,
        row_number() over (
            partition by cast({{ dbt.date_trunc('year', 'report_to') }} as date), place_district_code
            order by report_to desc
        ) as recency
    from {{ ref('int_returned_posts') }}
    where broken_rule is null
    group by report_to, place_district_code
),

-- leavers of the year are cumulative: the last report's; headcount is the mean of the year's reports
headcounts as (
    select
        year_start,
        place_district_code,
        max(case when recency = 1 then left_count end) as left_count,
        avg(worker_count) as mean_worker_count
    from reported_headcounts
    group by year_start, place_district_code
)

{% set no_code = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% for measure in measures %}
{%- set depth = {'district': 1, 'street': 2, 'community': 3}[measure.down_to] if measure.down_to else 0 -%}
select
    '{{ measure.kpi }}' as kpi_id, {{ measure.variant | default("'main'") }} as variant, {{ measure.day }} as day,
    {{ measure.is_stock | default(false) | lower }} as is_stock,
    {% for level in ['district', 'street', 'community'] -%}
    {{ 'place_' ~ level ~ '_code' if loop.index <= depth else no_code }} as {{ level }}_code,{{ ' ' }}
    {%- endfor -%}
    {{ 'unit_code' if measure.has_unit else no_code }} as unit_code,
    {{ 'case when ' ~ measure.share ~ ' then 1 else 0 end' if measure.share else measure.numerator }} as numerator,
    {{ 1 if measure.share else measure.denominator }} as denominator
from {{ ref('int_returned_' ~ measure.sheet) if measure.sheet else measure.of }}
where {{ 'broken_rule is null' if measure.sheet else '1 = 1' }}{{ ' and ' ~ measure.only if measure.only }}
{{ 'union all\n' if not loop.last }}
{%- endfor %}
