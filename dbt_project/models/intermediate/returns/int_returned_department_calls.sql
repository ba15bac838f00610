-- One row per thing that the returned sheet department_calls is about, as last reported; broken rows say which rule
-- they break.
{{ returned_rows(
    'department_calls', '街镇考评部门', ["call_code"],
    rules=[
        ('L2-RET-005', 'returned.required_at is null or returned.required_at < returned.called_at or returned.arrived_at < returned.called_at')
    ],
    place=("street_code", "street"),
    has_unit=true
) }}
