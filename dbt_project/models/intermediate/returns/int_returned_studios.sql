-- One row per thing that the returned sheet studios is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'studios', '两代表一委员', ["quarter_start", "studio_code"],
    rules=[
        ('L2-RET-004', 'returned.reception_count is null or returned.reception_count < 0')
    ],
    place=("community_code", "community")
) }}
