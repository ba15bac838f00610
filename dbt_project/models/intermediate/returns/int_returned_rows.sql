-- One row per landed row of a returned sheet, every delivery of it: what it is about and where, the first of the rules
-- for its own columns that it breaks, and what it says as one text. Two rows of a sheet say the same where their texts
-- are equal.
{{ config(materialized='view') }}
{% set text = dbt.type_string() %}
{%- for sheet in returned_sheets() %}
{%- set landed = source('raw', 'returns__' ~ sheet.sheet) %}
{%- set parts = [] %}
{%- for column in sheet.key %}
{%- do parts.append('coalesce(cast(' ~ column ~ ' as ' ~ text ~ "), '?')") %}
{%- endfor %}
{%- for column in sheet.optional_key or [] %}
{%- do parts.append('cast(' ~ column ~ ' as ' ~ text ~ ')') %}
{%- endfor %}
select
    '{{ sheet.sheet }}' as sheet,
    '{{ sheet.workbook }}' as workbook,
    {% for column in returned_row_columns() -%}
    {{ column }},
    {% endfor -%}
    {{ sheet.key | join(' is null or ') }} is null as is_nameless,
    concat_ws('/', {{ parts | join(', ') }}) as record_key,
    {{ sheet.place[0] if sheet.place else 'cast(null as ' ~ text ~ ')' }} as place_code,
    {{ 'unit_code' if sheet.has_unit else 'cast(null as ' ~ text ~ ')' }} as unit_code,
    {{ first_broken_rule(returned_rules(sheet.sheet)) }} as broken_sheet_rule,
    {{ row_content(landed, ['delivered_on', 'report_period', 'row_number']) }} as content
from {{ landed }}
{{ 'union all' if not loop.last }}
{%- endfor %}
