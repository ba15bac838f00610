-- One row per thing that the returned sheet meetings is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'meetings', '党建联席会', ["meeting_code"],
    rules=[
        ('L2-RET-005', 'returned.held_on is null'),
        ('L2-RET-006', 'returned.has_minutes is null')
    ],
    place=("street_code", "street")
) }}
