{#
  The sheets of the returns, each once: what its rows are about, and where. Rules for its own columns: returned_rules.
    sheet         landed table
    workbook      subject, the name of the file
    key           columns that name the thing a row is about
    optional_key  further key columns, which may be empty
    is_by_period  every report speaks of things of its own: the period is part of the key
    place         (column of the code of a place, level of the place)
    has_unit      unit_code must be a known responsible unit
#}
{% macro returned_sheets() %}
    {{ return([
        {'sheet': 'studios', 'workbook': '两代表一委员', 'key': ['quarter_start', 'studio_code'],
            'place': ('community_code', 'community')},
        {'sheet': 'proposals', 'workbook': '两代表一委员', 'key': ['proposal_code'], 'has_unit': true},
        {'sheet': 'consultations', 'workbook': '两代表一委员', 'key': ['consultation_code'],
            'place': ('street_code', 'street')},
        {'sheet': 'opinions', 'workbook': '两代表一委员', 'key': ['opinion_code'], 'place': ('street_code', 'street')},
        {'sheet': 'checkin_units', 'workbook': '双报到', 'key': ['party_unit_code', 'street_code'], 'is_by_period': true,
            'place': ('street_code', 'street')},
        {'sheet': 'checkin_members', 'workbook': '双报到', 'key': ['street_code'], 'is_by_period': true,
            'place': ('street_code', 'street')},
        {'sheet': 'needs', 'workbook': '双报到', 'key': ['need_code'], 'place': ('community_code', 'community')},
        {'sheet': 'checkin_feedback', 'workbook': '双报到', 'key': ['street_code'], 'is_by_period': true,
            'place': ('street_code', 'street')},
        {'sheet': 'department_calls', 'workbook': '街镇考评部门', 'key': ['call_code'],
            'place': ('street_code', 'street'), 'has_unit': true},
        {'sheet': 'department_ratings', 'workbook': '街镇考评部门', 'key': ['quarter_start', 'street_code', 'unit_code'],
            'place': ('street_code', 'street'), 'has_unit': true},
        {'sheet': 'meetings', 'workbook': '党建联席会', 'key': ['meeting_code'], 'place': ('street_code', 'street')},
        {'sheet': 'meeting_decisions', 'workbook': '党建联席会', 'key': ['decision_code']},
        {'sheet': 'disputes', 'workbook': '党建联席会', 'key': ['order_id']},
        {'sheet': 'posts', 'workbook': '社区工作者', 'key': ['street_code', 'post_kind', 'grade'], 'is_by_period': true,
            'place': ('street_code', 'street')},
        {'sheet': 'benchmark_checks', 'workbook': '五化标杆', 'key': ['year_start', 'community_code', 'indicator_number'],
            'place': ('community_code', 'community')},
        {'sheet': 'benchmarks', 'workbook': '五化标杆', 'key': ['community_code', 'named_year_start'],
            'optional_key': ['rechecked_year_start'], 'place': ('community_code', 'community')},
        {'sheet': 'projects', 'workbook': '民生实事', 'key': ['project_code'], 'place': ('district_code', 'district')},
        {'sheet': 'funds', 'workbook': '民生实事', 'key': ['year_start', 'fund_kind', 'district_code'],
            'optional_key': ['community_code'], 'is_by_period': true, 'place': ('district_code', 'district')},
        {'sheet': 'survey_waves', 'workbook': '公众满意度', 'key': ['half_year_start', 'domain', 'district_code'],
            'place': ('district_code', 'district')},
    ]) }}
{% endmacro %}

{# Rules for a sheet's own columns, in the order in which they are asked: (rule id, condition that is true for a broken row). #}
{% macro returned_rules(sheet) %}
    {% set breaks_checkin = 'obliged_count is null or checked_in_count is null or checked_in_count > obliged_count'
        ~ ' or checked_in_count < 0' %}
    {{ return({
        'studios': [('L2-RET-004', 'reception_count is null or reception_count < 0')],
        'proposals': [('L2-RET-005', 'due_on is null or due_on < assigned_on or answered_on < assigned_on')],
        'consultations': [
            ('L2-RET-004', 'conclusion_count is null or task_count is null or task_count > conclusion_count'
                ~ ' or task_count < 0'),
            ('L2-RET-005', 'held_on is null'),
        ],
        'opinions': [('L2-RET-005', 'received_on is null or told_on < received_on')],
        'checkin_units': [('L2-RET-004', breaks_checkin)],
        'checkin_members': [('L2-RET-004', breaks_checkin)],
        'needs': [('L2-RET-005', 'posted_on is null or matched_on < posted_on or done_on < posted_on')],
        'checkin_feedback': [
            ('L2-RET-004', 'checkin_count is null or community_report_count is null or unit_report_count is null'
                ~ ' or community_report_count > checkin_count or unit_report_count > checkin_count'
                ~ ' or community_report_count < 0 or unit_report_count < 0'),
        ],
        'department_calls': [('L2-RET-005', 'required_at is null or required_at < called_at or arrived_at < called_at')],
        'department_ratings': [
            ('L2-RET-004', 'score is null or score < 0 or score > ' ~ parameter('rating_full_marks')),
        ],
        'meetings': [('L2-RET-005', 'held_on is null'), ('L2-RET-006', 'has_minutes is null')],
        'meeting_decisions': [('L2-RET-005', 'due_on is null')],
        'disputes': [('L2-RET-005', 'started_at is null or settled_at < started_at')],
        'posts': [
            ('L2-RET-004', 'worker_count is null or worker_count < 0 or graduate_count > worker_count'
                ~ ' or promoted_count > worker_count'),
            ('L2-RET-006', 'grade not between 1 and 18'),
        ],
        'benchmark_checks': [
            ('L2-RET-006', 'indicator_number not between 1 and 31 or check_group is null or is_passed is null'),
        ],
        'benchmarks': [('L2-RET-005', 'rechecked_year_start < named_year_start')],
        'projects': [
            ('L2-RET-004', 'planned_amount is null or planned_amount < 0 or done_amount < 0'),
            ('L2-RET-006', 'project_kind is null or year_start is null'),
        ],
        'funds': [('L2-RET-004', 'budget_yuan is null or budget_yuan < 0 or paid_yuan is null or paid_yuan < 0')],
        'survey_waves': [
            ('L2-RET-004', 'contacted_count is null or valid_count is null or satisfied_count is null'
                ~ ' or valid_count > contacted_count or satisfied_count > valid_count or satisfied_count < 0'),
        ],
    }[sheet]) }}
{% endmacro %}
