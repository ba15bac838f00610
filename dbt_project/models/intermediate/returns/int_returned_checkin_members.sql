-- One row per thing that the returned sheet checkin_members is about, as last reported; broken rows say which rule
-- they break.
{{ returned_rows(
    'checkin_members', '双报到', ["report_period", "street_code"],
    rules=[
        ('L2-RET-004', 'returned.obliged_count is null or returned.checked_in_count is null or returned.checked_in_count > returned.obliged_count or returned.checked_in_count < 0')
    ],
    place=("street_code", "street")
) }}
