-- One row per thing that the returned sheet checkin_feedback is about, as last reported; broken rows say which rule
-- they break.
{{ returned_rows(
    'checkin_feedback', '双报到', ["report_period", "street_code"],
    rules=[
        ('L2-RET-004', 'returned.checkin_count is null or returned.community_report_count is null or returned.unit_report_count is null or returned.community_report_count > returned.checkin_count or returned.unit_report_count > returned.checkin_count or returned.community_report_count < 0 or returned.unit_report_count < 0')
    ],
    place=("street_code", "street")
) }}
