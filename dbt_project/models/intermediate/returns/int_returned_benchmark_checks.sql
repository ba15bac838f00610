-- One row per thing that the returned sheet benchmark_checks is about, as last reported; broken rows say which rule
-- they break.
{{ returned_rows(
    'benchmark_checks', '五化标杆', ["year_start", "community_code", "indicator_number"],
    rules=[
        ('L2-RET-006', 'returned.indicator_number not between 1 and 31 or returned.check_group is null or returned.is_passed is null')
    ],
    place=("community_code", "community")
) }}
