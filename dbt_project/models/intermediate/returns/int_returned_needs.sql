-- One row per thing that the returned sheet needs is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'needs', '双报到', ["need_code"],
    rules=[
        ('L2-RET-005', 'returned.posted_on is null or returned.matched_on < returned.posted_on or returned.done_on < returned.posted_on')
    ],
    place=("community_code", "community")
) }}
