-- One row per landed row of a returned sheet, every delivery of it: what it is about, and what it says as one text. Two
-- rows of a sheet say the same where their texts are equal.
{{ config(materialized='view') }}
{% set text = dbt.type_string() %}
{% for sheet, workbook, key, optional_key in returned_sheets() %}
select
    'returns.{{ sheet }}' as table_name,
    '{{ workbook }}' as workbook,
    report_period,
    delivered_on,
    landed_date,
    landed_attempt,
    row_number,
    {{ key | join(' is null or ') }} is null as is_nameless,
    concat_ws(
        '/'
        {%- for column in key -%}
        ,
        coalesce(cast({{ column }} as {{ text }}), '?')
        {%- endfor -%}
        {%- for column in optional_key -%}
        ,
        cast({{ column }} as {{ text }})
        {%- endfor %}
    ) as record_key,
    {{ row_content(source('raw', 'returns__' ~ sheet), ['delivered_on', 'report_period', 'row_number']) }} as content
from {{ source('raw', 'returns__' ~ sheet) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
