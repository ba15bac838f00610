-- One row per thing that the returned sheet posts is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'posts', '社区工作者', ["report_period", "street_code", "post_kind", "grade"],
    rules=[
        ('L2-RET-004', 'returned.worker_count is null or returned.worker_count < 0 or returned.graduate_count > returned.worker_count or returned.promoted_count > returned.worker_count'),
        ('L2-RET-006', 'returned.grade not between 1 and 18')
    ],
    place=("street_code", "street")
) }}
