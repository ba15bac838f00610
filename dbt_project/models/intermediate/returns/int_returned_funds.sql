-- One row per thing that the returned sheet funds is about, as last reported; broken rows say which rule they break.
{{ returned_rows(
    'funds', '民生实事', ["report_period", "year_start", "fund_kind", "district_code"],
    rules=[
        ('L2-RET-004', 'returned.budget_yuan is null or returned.budget_yuan < 0 or returned.paid_yuan is null or returned.paid_yuan < 0')
    ],
    place=("district_code", "district"),
    optional_key=["community_code"]
) }}
