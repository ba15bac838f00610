-- Every row that a returned sheet brought says which delivery it came with: by it the delivery that counts is chosen.
{{ config(meta={'rule_id': 'L3-STG-141', 'severity': 'block', 'table_name': 'int_return_measures'}) }}
{% for sheet, workbook, key, optional_key in returned_sheets() %}
select
    '{{ sheet }}' as sheet,
    count(*) as row_count
from {{ ref('int_returned_' ~ sheet) }}
where delivered_on is null
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
