-- One row per returned row that breaks a rule: it is in no figure.
{% set sheets = [
    'studios', 'proposals', 'consultations', 'opinions', 'checkin_units', 'checkin_members', 'needs',
    'checkin_feedback', 'department_calls', 'department_ratings', 'meetings', 'meeting_decisions', 'disputes',
    'posts', 'benchmark_checks', 'benchmarks', 'projects', 'funds', 'survey_waves'
] %}
{# what these are about has no place of its own #}
{% set without_place = ['proposals', 'meeting_decisions', 'disputes'] %}
{% for sheet in sheets %}
select
    'returns.{{ sheet }}' as table_name,
    concat(report_period, '/{{ sheet }}/', cast(row_number as {{ dbt.type_string() }})) as record_key,
    broken_rule as rule_id,
    {% for level in ['district', 'street'] -%}
    {{ 'cast(null as ' ~ dbt.type_string() ~ ')' if sheet in without_place else 'place_' ~ level ~ '_code' }}
        as {{ level }}_code,
    {% endfor -%}
    report_to as record_date,
    landed_date
from {{ ref('int_returned_' ~ sheet) }}
where broken_rule is not null
{{ 'union all' if not loop.last }}
{% endfor %}
