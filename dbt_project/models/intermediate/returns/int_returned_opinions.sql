-- One row per thing that the returned sheet opinions is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'opinions', '两代表一委员', ["opinion_code"],
    rules=[
        ('L2-RET-005', 'returned.received_on is null or returned.told_on < returned.received_on')
    ],
    place=("street_code", "street")
) }}
