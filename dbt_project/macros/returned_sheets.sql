{#
  Sheets of the returns as (landed table, workbook, columns that name the thing a row is about, further ones that may be
  empty), to compare two deliveries about one period; the period itself is left out of the key. A test holds them against
  the models int_returned_*.
#}
{% macro returned_sheets() %}
    {{ return([
        ('studios', '两代表一委员', ['quarter_start', 'studio_code'], []),
        ('proposals', '两代表一委员', ['proposal_code'], []),
        ('consultations', '两代表一委员', ['consultation_code'], []),
        ('opinions', '两代表一委员', ['opinion_code'], []),
        ('checkin_units', '双报到', ['party_unit_code', 'street_code'], []),
        ('checkin_members', '双报到', ['street_code'], []),
        ('needs', '双报到', ['need_code'], []),
        ('checkin_feedback', '双报到', ['street_code'], []),
        ('department_calls', '街镇考评部门', ['call_code'], []),
        ('department_ratings', '街镇考评部门', ['quarter_start', 'street_code', 'unit_code'], []),
        ('meetings', '党建联席会', ['meeting_code'], []),
        ('meeting_decisions', '党建联席会', ['decision_code'], []),
        ('disputes', '党建联席会', ['order_id'], []),
        ('posts', '社区工作者', ['street_code', 'post_kind', 'grade'], []),
        ('benchmark_checks', '五化标杆', ['year_start', 'community_code', 'indicator_number'], []),
        ('benchmarks', '五化标杆', ['community_code', 'named_year_start'], ['rechecked_year_start']),
        ('projects', '民生实事', ['project_code'], []),
        ('funds', '民生实事', ['year_start', 'fund_kind', 'district_code'], ['community_code']),
        ('survey_waves', '公众满意度', ['half_year_start', 'domain', 'district_code'], []),
    ]) }}
{% endmacro %}

{# What a returned row says, as one text: two rows of a sheet say the same where their texts are equal. #}
{% macro returned_content(sheet) -%}
    concat_ws(
        '|'
        {%- for column in content_columns(source('raw', 'returns__' ~ sheet)).split(', ')
            if column not in ['*', 'delivered_on', 'report_period', 'row_number'] -%}
        , coalesce(cast(sheet.{{ column }} as {{ dbt.type_string() }}), '-')
        {%- endfor -%}
    )
{%- endmacro %}
