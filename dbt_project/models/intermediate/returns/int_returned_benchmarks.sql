-- One row per named community and year in which it was checked again (none: not yet), as last reported; broken rows say
-- which rule they break.
{{ returned_rows(
    'benchmarks', '五化标杆', ["community_code", "named_year_start"],
    rules=[
        ('L2-RET-005', 'returned.rechecked_year_start < returned.named_year_start')
    ],
    place=("community_code", "community"),
    optional_key=["rechecked_year_start"]
) }}
