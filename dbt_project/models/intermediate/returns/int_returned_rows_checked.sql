-- One row per thing that a returned sheet is about, as last reported: the landed row that counts, its place, and the
-- first rule it breaks. Of a workbook about a period the delivery sent last counts, as a whole; of rows with one key in
-- several periods' reports the latest report's. A row with an empty key is kept for quarantine.
with sheets as (
    select listed.* from (values
        {% for sheet in returned_sheets() -%}
        (
            '{{ sheet.sheet }}',
            {{ "'" ~ sheet.place[1] ~ "'" if sheet.place else 'null' }},
            {{ sheet.has_unit | default(false) | lower }},
            {{ sheet.is_by_period | default(false) | lower }}
        ){{ ',' if not loop.last }}
        {% endfor -%}
    ) as listed (sheet, place_level, has_unit, is_by_period)
),

candidates as (
    select
        landed.*,
        sheets.place_level,
        sheets.has_unit,
        deliveries.report_to,
        row_number() over (
            partition by
                landed.sheet,
                landed.record_key,
                case when sheets.is_by_period then landed.report_period end,
                case when landed.is_nameless then landed.row_number end
            order by deliveries.report_to desc, landed.row_number desc
        ) as recency
    from {{ ref('int_returned_rows') }} as landed
    inner join sheets
        on landed.sheet = sheets.sheet
    inner join {{ ref('stg_returns__deliveries') }} as deliveries
        on
            landed.workbook = deliveries.workbook
            and landed.report_period = deliveries.report_period
            and landed.delivered_on = deliveries.delivered_on
            and landed.landed_date = deliveries.landed_date
            and landed.landed_attempt = deliveries.landed_attempt
    where deliveries.is_current
)

select
    returned.sheet,
    {% for column in returned_row_columns() -%}
    returned.{{ column }},
    {% endfor -%}
    returned.record_key,
    returned.report_to,
    places.district_code as place_district_code,
    places.street_code as place_street_code,
    case when places.place_level = 'community' then places.place_code end as place_community_code,
    coalesce(
        {{ first_broken_rule([
            ('L2-RET-001', 'returned.is_nameless'),
            ('L2-RET-002', 'returned.place_level is not null and places.place_code is null'),
            ('L2-RET-003', 'returned.has_unit and units.unit_code is null'),
        ]) }},
        returned.broken_sheet_rule
    ) as broken_rule
from candidates as returned
-- by the borders of the last day of the report
left join {{ ref('dim_place_versions') }} as places
    on
        returned.place_code = places.place_code
        and returned.place_level = places.place_level
        and {{ stands_on('places', 'returned.report_to') }}
left join {{ ref('dim_units') }} as units
    on returned.unit_code = units.unit_code
where returned.recency = 1
