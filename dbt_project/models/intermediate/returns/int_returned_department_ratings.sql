-- One row per thing that the returned sheet department_ratings is about, as last reported; broken rows say which rule
-- they break.
{{ returned_rows(
    'department_ratings', '街镇考评部门', ["quarter_start", "street_code", "unit_code"],
    rules=[
        ('L2-RET-004', 'returned.score is null or returned.score < 0 or returned.score > ' ~ parameter('rating_full_marks'))
    ],
    place=("street_code", "street"),
    has_unit=true
) }}
