{# Columns that say which landed row of its sheet a row is. #}
{% macro returned_row_columns() %}
    {{ return(['report_period', 'delivered_on', 'landed_date', 'landed_attempt', 'row_number']) }}
{% endmacro %}

{#
  Query: the rows of one sheet that count and break no rule, with the sheet's own columns, the last day of their report and
  the place they are about.
#}
{% macro returned_rows(sheet) -%}
select
    sheet.*,
    checked.report_to,
    checked.place_district_code,
    checked.place_street_code,
    checked.place_community_code
from {{ source('raw', 'returns__' ~ sheet) }} as sheet
inner join {{ ref('int_returned_rows_checked') }} as checked
    on
        checked.sheet = '{{ sheet }}'
        {% for column in returned_row_columns() -%}
        and sheet.{{ column }} = checked.{{ column }}
        {% endfor -%}
where checked.broken_rule is null
{%- endmacro %}
