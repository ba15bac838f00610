-- One row per thing that the returned sheet meeting_decisions is about, as last reported; broken rows say which rule
-- they break.
{{ returned_rows(
    'meeting_decisions', '党建联席会', ["decision_code"],
    rules=[
        ('L2-RET-005', 'returned.due_on is null')
    ]
) }}
