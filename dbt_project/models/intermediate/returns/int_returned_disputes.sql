-- One row per thing that the returned sheet disputes is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'disputes', '党建联席会', ["order_id"],
    rules=[
        ('L2-RET-005', 'returned.started_at is null or returned.settled_at < returned.started_at')
    ]
) }}
