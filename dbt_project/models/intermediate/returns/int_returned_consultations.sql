-- One row per thing that the returned sheet consultations is about, as last reported; broken rows say which rule they
-- break.
{{ returned_rows(
    'consultations', '两代表一委员', ["consultation_code"],
    rules=[
        ('L2-RET-004', 'returned.conclusion_count is null or returned.task_count is null or returned.task_count > returned.conclusion_count or returned.task_count < 0'),
        ('L2-RET-005', 'returned.held_on is null')
    ],
    place=("street_code", "street")
) }}
