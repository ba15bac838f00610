-- One row per thing that the returned sheet projects is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'projects', '民生实事', ["project_code"],
    rules=[
        ('L2-RET-004', 'returned.planned_amount is null or returned.planned_amount < 0 or returned.done_amount < 0'),
        ('L2-RET-006', 'returned.project_kind is null or returned.year_start is null')
    ],
    place=("district_code", "district")
) }}
