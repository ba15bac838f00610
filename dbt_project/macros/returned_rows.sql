{#
  Rows of one sheet of the returns that count. Of a workbook about a period the delivery sent last counts, as a whole; of
  rows with one key in several periods' reports the latest report's. A row with an empty key is kept for quarantine.
    sheet     landed table
    workbook  subject, the name of the file
    key       columns that name the thing a row is about
    rules     (rule id, condition that is true for a broken row) on `returned`
    place     (column, level) of the code of a place
    has_unit  unit_code must be a known responsible unit
    optional_key  further key columns, which may be empty
#}
{% macro returned_rows(sheet, workbook, key, rules=[], place=none, has_unit=false, optional_key=[]) %}
with deliveries as (
    select
        report_period,
        delivered_on,
        report_from,
        report_to,
        landed_date,
        landed_attempt
    from {{ ref('stg_returns__deliveries') }}
    where workbook = '{{ workbook }}' and is_current
),

candidates as (
    select
        sheet.*,
        deliveries.report_from,
        deliveries.report_to,
        row_number() over (
            partition by
                sheet.{{ (key + optional_key) | join(', sheet.') }},
                case when sheet.{{ key | join(' is null or sheet.') }} is null then sheet.row_number end
            order by deliveries.report_to desc, sheet.row_number desc
        ) as recency
    from {{ source('raw', 'returns__' ~ sheet) }} as sheet
    inner join deliveries
        on
            sheet.report_period = deliveries.report_period
            and sheet.delivered_on = deliveries.delivered_on
            and sheet.landed_date = deliveries.landed_date
            and sheet.landed_attempt = deliveries.landed_attempt
),

returned as (
    select * from candidates
    where recency = 1
)

select
    returned.*,
    {% if place -%}
    places.district_code as place_district_code,
    places.street_code as place_street_code,
    case when places.place_level = 'community' then places.place_code end as place_community_code,
    {% endif -%}
    {{ first_broken_rule(
        [('L2-RET-001', 'returned.' ~ key | join(' is null or returned.') ~ ' is null')]
        + ([('L2-RET-002', 'places.place_code is null')] if place else [])
        + ([('L2-RET-003', 'units.unit_code is null')] if has_unit else [])
        + rules
    ) }} as broken_rule
from returned
{% if place -%}
-- by the borders of the last day of the report
left join {{ ref('dim_place_versions') }} as places
    on
        returned.{{ place[0] }} = places.place_code
        and places.place_level = '{{ place[1] }}'
        and {{ stands_on('places', 'returned.report_to') }}
{% endif -%}
{% if has_unit -%}
left join {{ ref('dim_units') }} as units
    on returned.unit_code = units.unit_code
{% endif -%}
{% endmacro %}
