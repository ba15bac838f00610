-- One row per rule of any check (规则目录): what it asks, of which table, how much it weighs and who acts.
{{ config(materialized='view') }}
select
    rule_id,
    table_name,
    severity,
    who_acts,
    reason,
    reason_zh
from {{ ref('check_rules') }}
union all
select
    rule_id,
    'order files' as table_name,
    severity,
    'owner of the source' as who_acts,
    reason,
    reason_zh
from {{ ref('order_file_rules') }}
union all
select
    rule_id,
    table_name,
    'by share' as severity,
    'engineer, then owner of the source' as who_acts,
    reason,
    reason_zh
from {{ ref('record_rules') }}
union all
select
    rule_id,
    'kpi_results' as table_name,
    verdict as severity,
    'owner of the KPI' as who_acts,
    reason,
    reason_zh
from {{ ref('gate_rules') }}
{%- for rule_id, table_name, severity, words in data_test_rules() %}
union all
select '{{ rule_id }}', '{{ table_name }}', '{{ severity }}', 'engineer', '{{ words[0] }}', '{{ words[1] }}'
{%- endfor %}
