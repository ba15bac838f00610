-- One row per returned thing and KPI it counts in: numerator, denominator, and the day that puts it into periods. What
-- a report cannot know yet (a deadline after its last day) is not counted; a stock stands for its period until the
-- next one.
{{ config(materialized='table') }}
with streets as (
    select
        place_code as street_code,
        district_code,
        resident_count
    from {{ ref('dim_places') }}
    where place_level = 'street'
),

street_ratings as (
    select
        quarters.quarter_start,
        streets.district_code as place_district_code,
        count(ratings.score) as rating_count,
        min(ratings.score) as lowest_score,
        max(ratings.score) as highest_score
    from (
        select distinct quarter_start -- many ratings of one quarter
        from {{ ref('int_returned_department_ratings') }}
        where broken_rule is null
    ) as quarters
    cross join streets
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
    cross join streets
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

-- every community of the city, whether a return names it or not
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
        where fund_kind = 'operations' and broken_rule is null
    ) as reports
    cross join {{ ref('dim_places') }} as places
    left join {{ ref('int_returned_funds') }} as funds
        on
            reports.report_to = funds.report_to
            and places.place_code = funds.community_code
            and funds.fund_kind = 'operations'
            and funds.broken_rule is null
    where places.place_level = 'community'
),

staffed_streets as (
    select
        reports.report_to,
        streets.district_code as place_district_code,
        streets.street_code as place_street_code,
        max(streets.resident_count) as resident_count,
        coalesce(sum(posts.worker_count), 0) as worker_count
    from (
        select distinct report_to -- many posts of one report
        from {{ ref('int_returned_posts') }}
        where broken_rule is null
    ) as reports
    cross join streets
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
        sum(coalesce(left_count, 0)) as left_count
    from {{ ref('int_returned_posts') }}
    where broken_rule is null
    group by report_to, place_district_code
),

-- leavers of the year are cumulative: the last report's; headcount is the mean of the year's reports
headcounts as (
    select
        year_start,
        place_district_code,
        max(left_count) as left_count,
        avg(worker_count) as mean_worker_count
    from reported_headcounts
    group by year_start, place_district_code
)

select
    'R01' as kpi_id,
    'main' as variant,
    returned.quarter_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    returned.place_community_code as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.reception_count > 0 then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_studios') }} as returned
where returned.broken_rule is null
union all
select
    'R02' as kpi_id,
    'main' as variant,
    returned.due_on as day,
    false as is_stock,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    returned.unit_code,
    case when returned.answered_on <= returned.due_on then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_proposals') }} as returned
where returned.broken_rule is null and returned.due_on <= returned.report_to
union all
select
    'R03' as kpi_id,
    'main' as variant,
    returned.held_on as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.task_count as numerator,
    returned.conclusion_count as denominator
from {{ ref('int_returned_consultations') }} as returned
where returned.broken_rule is null
union all
select
    'R04' as kpi_id,
    'main' as variant,
    returned.received_on as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.has_outcome and returned.told_on is not null then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_opinions') }} as returned
where returned.broken_rule is null
union all
select
    'B01' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.checked_in_count as numerator,
    returned.obliged_count as denominator
from {{ ref('int_returned_checkin_units') }} as returned
where returned.broken_rule is null
union all
select
    'B02' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.checked_in_count as numerator,
    returned.obliged_count as denominator
from {{ ref('int_returned_checkin_members') }} as returned
where returned.broken_rule is null
union all
select
    'B03' as kpi_id,
    'main' as variant,
    returned.posted_on as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    returned.place_community_code as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.done_on is not null then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_needs') }} as returned
where returned.broken_rule is null
union all
select
    'B04' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    greatest(0, returned.community_report_count + returned.unit_report_count - returned.checkin_count) as numerator,
    returned.checkin_count as denominator
from {{ ref('int_returned_checkin_feedback') }} as returned
where returned.broken_rule is null
union all
select
    'B04' as kpi_id,
    'at_most' as variant,
    returned.report_to as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    least(returned.community_report_count, returned.unit_report_count) as numerator,
    returned.checkin_count as denominator
from {{ ref('int_returned_checkin_feedback') }} as returned
where returned.broken_rule is null
union all
select
    'E01' as kpi_id,
    'main' as variant,
    {{ local_date('returned.required_at') }} as day,
    false as is_stock,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    returned.unit_code,
    case when returned.arrived_at <= returned.required_at then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_department_calls') }} as returned
where returned.broken_rule is null and {{ local_date('returned.required_at') }} <= returned.report_to
union all
select
    'E03' as kpi_id,
    'main' as variant,
    returned.quarter_start as day,
    false as is_stock,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.rating_count > 0 then 1 else 0 end as numerator,
    1 as denominator
from street_ratings as returned
where 1 = 1
union all
select
    'E03' as kpi_id,
    'identical_scores' as variant,
    returned.quarter_start as day,
    false as is_stock,
    cast(null as {{ dbt.type_string() }}) as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.lowest_score = returned.highest_score then 1 else 0 end as numerator,
    1 as denominator
from street_ratings as returned
where 1 = 1 and returned.rating_count > 1
union all
select
    'L01' as kpi_id,
    'main' as variant,
    returned.quarter_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.meeting_count > 0 then 1 else 0 end as numerator,
    1 as denominator
from street_quarters as returned
where 1 = 1
union all
select
    'L02' as kpi_id,
    'main' as variant,
    returned.due_on as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.done_on <= returned.due_on then 1 else 0 end as numerator,
    1 as denominator
from decisions as returned
where 1 = 1 and returned.due_on <= returned.report_to
union all
select
    'V01' as kpi_id,
    'main' as variant,
    returned.year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    returned.place_community_code as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.is_passed then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_benchmark_checks') }} as returned
where returned.broken_rule is null
union all
select
    'V01' as kpi_id,
    returned.check_group as variant,
    returned.year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    returned.place_community_code as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.is_passed then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_benchmark_checks') }} as returned
where returned.broken_rule is null
union all
select
    'V02' as kpi_id,
    'main' as variant,
    returned.rechecked_year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.is_retained then 1 else 0 end as numerator,
    1 as denominator
from {{ ref('int_returned_benchmarks') }} as returned
where returned.broken_rule is null and returned.rechecked_year_start is not null and returned.is_retained is not null
union all
select
    'P01' as kpi_id,
    returned.project_kind as variant,
    returned.year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.accepted_on <= returned.report_to then coalesce(returned.done_amount, 0) else 0 end as numerator,
    returned.planned_amount as denominator
from {{ ref('int_returned_projects') }} as returned
where returned.broken_rule is null and returned.project_kind <> 'school_place'
union all
select
    'P02' as kpi_id,
    'main' as variant,
    returned.year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.accepted_on <= returned.report_to then coalesce(returned.done_amount, 0) else 0 end as numerator,
    cast(null as integer) as denominator
from {{ ref('int_returned_projects') }} as returned
where returned.broken_rule is null and returned.project_kind = 'school_place'
union all
select
    'P03' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    returned.place_community_code as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    case when returned.budget_yuan >= {{ parameter('community_fund_floor_yuan') }} then 1 else 0 end as numerator,
    1 as denominator
from funded_communities as returned
where 1 = 1
union all
select
    'P04' as kpi_id,
    returned.fund_kind as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.paid_yuan as numerator,
    returned.budget_yuan as denominator
from {{ ref('int_returned_funds') }} as returned
where returned.broken_rule is null and returned.fund_kind is not null
union all
select
    'W01' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    returned.place_street_code as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.worker_count as numerator,
    returned.resident_count / 10000.0 as denominator
from staffed_streets as returned
where 1 = 1
union all
select
    'W02' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.promoted_count as numerator,
    returned.worker_count as denominator
from {{ ref('int_returned_posts') }} as returned
where returned.broken_rule is null and returned.grade < 18
union all
select
    'W03' as kpi_id,
    'main' as variant,
    returned.report_to as day,
    true as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    coalesce(returned.graduate_count, 0) as numerator,
    returned.worker_count as denominator
from {{ ref('int_returned_posts') }} as returned
where returned.broken_rule is null
union all
select
    'W03' as kpi_id,
    'turnover' as variant,
    returned.year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.left_count as numerator,
    returned.mean_worker_count as denominator
from headcounts as returned
where 1 = 1
union all
select
    'Q03' as kpi_id,
    'main' as variant,
    returned.half_year_start as day,
    false as is_stock,
    returned.place_district_code as district_code,
    cast(null as {{ dbt.type_string() }}) as street_code,
    cast(null as {{ dbt.type_string() }}) as community_code,
    cast(null as {{ dbt.type_string() }}) as unit_code,
    returned.valid_count as numerator,
    returned.contacted_count as denominator
from {{ ref('int_returned_survey_waves') }} as returned
where returned.broken_rule is null
