-- One row per returned thing and KPI it counts in, of 街镇考评部门, 党建联席会 and 社区工作者: what streets say of
-- departments, whether they meet, and who works for them. Every street counts, whether a return names it or not. What a
-- report cannot know yet (a deadline after its last day) is not counted; a stock stands for its period until the next
-- one.
{{ config(materialized='view') }}
with department_calls as (
    {{ returned_rows('department_calls') | indent }}
),

department_ratings as (
    {{ returned_rows('department_ratings') | indent }}
),

meetings as (
    {{ returned_rows('meetings') | indent }}
),

meeting_decisions as (
    {{ returned_rows('meeting_decisions') | indent }}
),

posts as (
    {{ returned_rows('posts') | indent }}
),

-- a street that was dissolved is not expected any more
streets as (
    select
        place_code as street_code,
        valid_to,
        successor_code
    from {{ ref('dim_places') }}
    where place_level = 'street'
),

street_ratings as (
    select
        quarters.quarter_start,
        count(ratings.score) as rating_count,
        min(ratings.score) as lowest_score
    from (
        select distinct quarter_start -- many ratings of one quarter
        from department_ratings
    ) as quarters
    inner join streets
        on streets.valid_to is null or quarters.quarter_start <= streets.valid_to
    left join department_ratings as ratings
        on
            quarters.quarter_start = ratings.quarter_start
            and streets.street_code = ratings.street_code
    group by quarters.quarter_start, streets.street_code
),

-- quarters of which something was reported, in the borders of the last report; a street without a meeting counts as one
-- without
street_quarters as (
    select
        quarters.quarter_start,
        borders.district_code as place_district_code,
        count(meetings.meeting_code) as meeting_count
    from (
        select
            cast({{ dbt.date_trunc('quarter', 'report_to') }} as date) as quarter_start,
            max(report_to) as report_to
        from {{ ref('stg_returns__deliveries') }}
        where workbook = '党建联席会' and is_current
        group by cast({{ dbt.date_trunc('quarter', 'report_to') }} as date)
    ) as quarters
    inner join streets
        on streets.valid_to is null or quarters.quarter_start <= streets.valid_to
    left join {{ ref('dim_place_versions') }} as borders
        on
            streets.street_code = borders.place_code
            and {{ stands_on('borders', 'quarters.report_to') }}
    left join meetings
        on
            streets.street_code = meetings.street_code
            and quarters.quarter_start = cast({{ dbt.date_trunc('quarter', 'meetings.held_on') }} as date)
            and meetings.has_minutes
    group by quarters.quarter_start, borders.district_code, streets.street_code
),

decisions as (
    select
        meeting_decisions.due_on,
        meeting_decisions.done_on,
        meeting_decisions.report_to,
        meetings.place_district_code,
        meetings.place_street_code
    from meeting_decisions
    inner join meetings
        on meeting_decisions.meeting_code = meetings.meeting_code
),

post_reports as (
    select distinct report_to -- many posts of one report
    from posts
),

-- the residents of a successor, in a picture that knows of it, hold those of the street dissolved into it, which before
-- that day had its own
absorbed as (
    select
        reports.report_to,
        streets.successor_code as street_code,
        sum(residents.resident_count) as resident_count
    from post_reports as reports
    inner join streets
        on reports.report_to <= streets.valid_to
    inner join {{ ref('dim_place_residents') }} as residents
        on
            streets.street_code = residents.place_code
            and {{ stands_on('residents', 'reports.report_to') }}
    inner join {{ ref('dim_place_residents') }} as successors
        on
            streets.successor_code = successors.place_code
            and {{ stands_on('successors', 'reports.report_to') }}
    where successors.seen_from > streets.valid_to
    group by reports.report_to, streets.successor_code
),

staffed_streets as (
    select
        reports.report_to,
        borders.district_code as place_district_code,
        streets.street_code as place_street_code,
        max(residents.resident_count - coalesce(absorbed.resident_count, 0)) as resident_count,
        coalesce(sum(posts.worker_count), 0) as worker_count
    from post_reports as reports
    inner join streets
        on streets.valid_to is null or reports.report_to <= streets.valid_to
    left join {{ ref('dim_place_versions') }} as borders
        on
            streets.street_code = borders.place_code
            and {{ stands_on('borders', 'reports.report_to') }}
    left join {{ ref('dim_place_residents') }} as residents
        on
            streets.street_code = residents.place_code
            and {{ stands_on('residents', 'reports.report_to') }}
    left join absorbed
        on reports.report_to = absorbed.report_to and streets.street_code = absorbed.street_code
    left join posts
        on reports.report_to = posts.report_to and streets.street_code = posts.street_code
    group by reports.report_to, borders.district_code, streets.street_code
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
    from posts
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

{{ returned_measures([
    {'kpi': 'E01', 'of': 'department_calls', 'day': local_date('required_at'),
     'share': 'arrived_at <= required_at', 'has_unit': true, 'only': local_date('required_at') ~ ' <= report_to'},
    {'kpi': 'E03', 'of': 'street_ratings', 'day': 'quarter_start', 'share': 'rating_count > 0'},
    {'kpi': 'E03', 'variant': "'identical_scores'", 'of': 'street_ratings', 'day': 'quarter_start',
     'share': 'lowest_score >= ' ~ parameter('rating_full_marks'), 'only': 'rating_count > 1'},
    {'kpi': 'L01', 'of': 'street_quarters', 'day': 'quarter_start', 'share': 'meeting_count > 0',
     'down_to': 'district'},
    {'kpi': 'L02', 'of': 'decisions', 'day': 'due_on', 'share': 'done_on <= due_on', 'down_to': 'street',
     'only': 'due_on <= report_to'},
    {'kpi': 'W01', 'of': 'staffed_streets', 'day': 'report_to', 'numerator': 'worker_count',
     'denominator': 'resident_count / cast(10000 as double)', 'down_to': 'street', 'is_stock': true,
     'only': 'resident_count is not null'},
    {'kpi': 'W02', 'of': 'posts', 'day': 'report_to', 'numerator': 'promoted_count',
     'denominator': 'worker_count', 'down_to': 'district', 'is_stock': true, 'only': 'grade < 18'},
    {'kpi': 'W03', 'of': 'posts', 'day': 'report_to', 'numerator': 'coalesce(graduate_count, 0)',
     'denominator': 'worker_count', 'down_to': 'district', 'is_stock': true},
    {'kpi': 'W03', 'variant': "'turnover'", 'of': 'headcounts', 'day': 'year_start', 'numerator': 'left_count',
     'denominator': 'mean_worker_count', 'down_to': 'district'},
]) }}
