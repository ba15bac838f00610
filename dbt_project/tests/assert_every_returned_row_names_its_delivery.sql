-- Every row that a returned sheet brought says which delivery it came with: by it the delivery that counts is chosen.
{{ config(meta={'rule_id': 'L3-STG-141', 'severity': 'block', 'table_name': 'int_return_measures'}) }}
select
    sheet,
    count(*) as row_count
from {{ ref('int_returned_rows') }}
where delivered_on is null
group by sheet
