-- One row per thing that the returned sheet survey_waves is about, as last reported; broken rows say which rule they
-- break.
{{ returned_rows(
    'survey_waves', '公众满意度', ["half_year_start", "domain", "district_code"],
    rules=[
        ('L2-RET-004', 'returned.contacted_count is null or returned.valid_count is null or returned.satisfied_count is null or returned.valid_count > returned.contacted_count or returned.satisfied_count > returned.valid_count or returned.satisfied_count < 0')
    ],
    place=("district_code", "district")
) }}
