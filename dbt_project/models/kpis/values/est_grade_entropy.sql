-- One row per year and unit (city, district): how evenly workers stand on the 18 grades, by the last report of the
-- year.
with posts as (
    {{ returned_rows('posts') | indent }}
),

reports as (
    select
        cast({{ dbt.date_trunc('year', 'report_to') }} as date) as year_start,
        max(report_to) as report_to
    from posts
    group by cast({{ dbt.date_trunc('year', 'report_to') }} as date)
),

graded as (
    select
        reports.year_start,
        case when grouping(posts.place_district_code) = 0 then 'district' else 'city' end as unit_type,
        case
            when grouping(posts.place_district_code) = 0 then posts.place_district_code else '{{ var("city_code") }}'
        end as unit_code,
        posts.grade,
        sum(posts.worker_count) as worker_count
    from posts
    inner join reports on posts.report_to = reports.report_to
    group by grouping sets (
        (reports.year_start, posts.grade), (reports.year_start, posts.grade, posts.place_district_code)
    )
),

shares as (
    select
        year_start,
        unit_type,
        unit_code,
        grade,
        worker_count,
        cast(worker_count as double)
        / nullif(sum(worker_count) over (partition by year_start, unit_type, unit_code), 0) as share
    from graded
    where worker_count > 0
)

select
    year_start,
    unit_type,
    unit_code,
    sum(worker_count) as worker_count,
    {{ rounded(ordered_sum('share * ln(1 / nullif(share, 0))', 'grade') ~ ' / ln(18)', 8) }} as entropy
from shares
group by year_start, unit_type, unit_code
