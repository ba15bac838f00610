-- One row per thing that the returned sheet proposals is about, as last reported; broken rows say which rule they
-- break.
{{ returned_rows(
    'proposals', '两代表一委员', ["proposal_code"],
    rules=[
        ('L2-RET-005', 'returned.due_on is null or returned.due_on < returned.assigned_on or returned.answered_on < returned.assigned_on')
    ],
    has_unit=true
) }}
