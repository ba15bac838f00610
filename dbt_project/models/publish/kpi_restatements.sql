-- One row per cell of a period that was over and night on which it was published otherwise than in the release before
-- (重述), from the first release that kept this log: figures and verdict before and after, and the causes that hold, in a
-- fixed order. A log: rows of the release before stand, tonight's are added.
{% set key = cell_key() %}
{% set counted_by = [
    ('unit', 'counts.unit_type = cells.unit_type and counts.unit_code = cells.unit_code'),
    ('city', "counts.unit_type = 'city'"),
] %}
with releases as (
    select
        *,
        'hotline.load_map' in (select table_name from {{ source('raw', 'changed_pictures') }}) as is_other_map
    from {{ source('raw', 'previous_release') }}
),

contract as (
    select
        kpi_id,
        variant,
        {{ reach_days('contract') }} as reach_days
    from {{ ref('kpi_contract') }} as contract
),

cells as (
    select
        cells.*,
        contract.reach_days
    from {{ ref('kpi_restated_cells') }} as cells
    left join contract
        on cells.kpi_id = contract.kpi_id and cells.variant = contract.variant
),
{% for name, condition in counted_by %}
by_{{ name }} as (
    select
        {% for column in key -%}
        cells.{{ column }},
        {% endfor -%}
        cast(sum(counts.late_rows) as bigint) as late_rows,
        cast(sum(counts.corrected_rows) as bigint) as corrected_rows
    from cells
    inner join {{ ref('kpi_restating_counts') }} as counts
        on
            cells.period_type = counts.period_type
            and cells.period_start = counts.period_start
            and cells.reach_days = counts.reach_days
            and {{ condition }}
    where {{ is_input('cells', 'model', 'counts.table_name') }}
    group by cells.{{ key | join(', cells.') }}
),
{% endfor %}
received as (
    select
        restatements.table_name,
        concat_ws('', restatements.table_name, ' ', restatements.report_period) as sheet,
        restatements.report_period
    from {{ ref('return_restatements') }} as restatements
    inner join {{ ref('stg_returns__deliveries') }} as deliveries
        on
            restatements.workbook = deliveries.workbook
            and restatements.report_period = deliveries.report_period
            and deliveries.is_current
    inner join {{ source('raw', 'landed_since_release') }} as landed
        on
            landed.table_name = 'returns.deliveries'
            and deliveries.landed_date = landed.business_date
            and deliveries.landed_attempt = landed.attempt
    where restatements.rows_added + restatements.rows_removed + restatements.rows_changed > 0
),

returned as (
    select
        {% for column in key -%}
        cells.{{ column }},
        {% endfor -%}
        count(*) as sheet_count,
        min(received.sheet) as first_sheet
    from cells
    cross join received
    where {{ is_input('cells', 'model', 'received.table_name') }}
    group by cells.{{ key | join(', cells.') }}
),

bordered as (
    select
        unit_type,
        unit_code,
        min(changed_code) as changed_code,
        count(*) as change_count
    from {{ ref('kpi_restating_borders') }}
    group by unit_type, unit_code
),

pictured as (
    select
        {% for column in key -%}
        cells.{{ column }},
        {% endfor -%}
        min(pictures.table_name) as table_name
    from cells
    cross join {{ source('raw', 'changed_pictures') }} as pictures
    where {{ is_input('cells', 'model', 'pictures.table_name') }}
    group by cells.{{ key | join(', cells.') }}
),

explained as (
    select
        cells.*,
        releases.release_id as release_before,
        releases.is_other_code,
        releases.is_other_map,
        case
            when by_unit.late_rows + by_unit.corrected_rows > 0 then 'unit'
            when by_city.late_rows + by_city.corrected_rows > 0 then 'city'
        end as rows_counted_in,
        coalesce(by_unit.late_rows, by_city.late_rows, 0) as late_rows,
        coalesce(by_unit.corrected_rows, by_city.corrected_rows, 0) as corrected_rows,
        coalesce(returned.sheet_count, 0) as sheet_count,
        returned.first_sheet,
        coalesce(bordered.change_count, 0) as change_count,
        bordered.changed_code,
        pictured.table_name as picture_name,
        coalesce(cells.verdict_before, '') not in ('SUPPRESSED', 'WITHHELD')
        and coalesce(cells.verdict_now, '') not in ('SUPPRESSED', 'WITHHELD') as is_shown_twice
    from cells
    cross join releases
    {% for relation in ['by_unit', 'by_city', 'returned', 'pictured'] -%}
    left join {{ relation }}
        on
            {% for column in key -%}
            cells.{{ column }} = {{ relation }}.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
    {% endfor -%}
    left join bordered
        on cells.unit_type = bordered.unit_type and cells.unit_code = bordered.unit_code
),

named as (
    select
        *,
        -- where nothing but the verdict differs, records that came are not its cause
        concat_ws(
            ' ',
            case when is_figure_changed and late_rows > 0 then 'late_rows' end,
            case when is_figure_changed and corrected_rows > 0 then 'corrected_rows' end,
            case when is_figure_changed and sheet_count > 0 then 'restated_return' end,
            case when contract_version_before <> contract_version_now then 'rule_version' end,
            -- another map draws all places anew, and none changed hands
            case when is_figure_changed and change_count > 0 and not is_other_map then 'border_change' end,
            case when is_figure_changed and picture_name is not null then 'reference_change' end,
            case when is_other_map then 'map' end,
            case when is_other_code then 'code' end
        ) as outer_causes
    from explained
),

-- of figures that one side hides nobody can say whether they differ
judged as (
    select
        *,
        case
            when not is_figure_changed or (not is_shown_twice and outer_causes = '')
                then trim(concat_ws('', outer_causes, ' verdict_only'))
            else outer_causes
        end as known_causes
    from named
),

-- a night whose release is held against another of its own date goes on with that one's rows of the night
tonight_before as (
    select * from {{ source('raw', 'previous_kpi_restatements') }}
    where business_date = {{ business_date() }}
),

joined as (
    select
        {% for column in key -%}
        judged.{{ column }},
        {% endfor -%}
        judged.period_end,
        {% for column in ['release_before', 'numerator_before', 'denominator_before', 'value_before', 'verdict_before',
            'rule_id_before', 'contract_version_before'] -%}
        case when first_told.kpi_id is null then judged.{{ column }} else first_told.{{ column }} end as {{ column }},
        {% endfor -%}
        {% for column in ['numerator_now', 'denominator_now', 'value_now', 'verdict_now', 'rule_id_now',
            'contract_version_now', 'known_causes', 'late_rows', 'corrected_rows', 'rows_counted_in', 'first_sheet',
            'changed_code', 'picture_name'] -%}
        judged.{{ column }},
        {% endfor -%}
        judged.is_shown_twice
        and coalesce(first_told.verdict_before, '') not in ('SUPPRESSED', 'WITHHELD') as is_shown_twice
    from judged
    left join tonight_before as first_told
        on
            {% for column in key -%}
            judged.{{ column }} = first_told.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
),

tonight as (
    select
        {{ business_date() }} as business_date,
        release_before,
        {{ key | join(',\n        ') }},
        period_end,
        case
            when verdict_before is null then 'added'
            when verdict_now is null then 'gone'
            else 'changed'
        end as difference,
        numerator_before,
        numerator_now,
        denominator_before,
        denominator_now,
        value_before,
        value_now,
        cast({{ rounded('value_now - value_before', 8) }} as double) as value_difference,
        verdict_before,
        verdict_now,
        rule_id_before,
        rule_id_now,
        contract_version_before,
        contract_version_now,
        case when known_causes = '' then 'unexplained' else known_causes end as causes,
        -- how many records came in a cell that hides its figures would tell what it hides
        case when known_causes like '%_rows%' and is_shown_twice then late_rows end as late_rows,
        case when known_causes like '%_rows%' and is_shown_twice then corrected_rows end as corrected_rows,
        case when known_causes like '%_rows%' then rows_counted_in end as rows_counted_in,
        case when known_causes like '%restated_return%' then first_sheet end as restated_return,
        case when known_causes like '%border_change%' then changed_code end as border_change,
        case when known_causes like '%reference_change%' then picture_name end as reference_change
    from joined
    -- what came back to what was said before is no change of this night
    where
        verdict_before is distinct from verdict_now
        or rule_id_before is distinct from rule_id_now
        or value_before is distinct from value_now
        or numerator_before is distinct from numerator_now
        or denominator_before is distinct from denominator_now
),

settled as (
    select previous.*
    from {{ source('raw', 'previous_kpi_restatements') }} as previous
    left join judged
        on
            case when previous.business_date = {{ business_date() }} then previous.{{ key[0] }} end
            = judged.{{ key[0] }}
            {%- for column in key[1:] %}
            and previous.{{ column }} = judged.{{ column }}
            {%- endfor %}
    where judged.kpi_id is null
)

{% set columns = [
    ('business_date', 'date'), ('release_before', dbt.type_string()), ('kpi_id', dbt.type_string()),
    ('variant', dbt.type_string()), ('unit_type', dbt.type_string()), ('unit_code', dbt.type_string()),
    ('period_type', dbt.type_string()), ('period_start', 'date'), ('period_end', 'date'),
    ('caliber', dbt.type_string()), ('difference', dbt.type_string()), ('numerator_before', 'decimal(18, 4)'),
    ('numerator_now', 'decimal(18, 4)'), ('denominator_before', 'decimal(18, 4)'),
    ('denominator_now', 'decimal(18, 4)'), ('value_before', 'double'), ('value_now', 'double'),
    ('value_difference', 'double'), ('verdict_before', dbt.type_string()), ('verdict_now', dbt.type_string()),
    ('rule_id_before', dbt.type_string()), ('rule_id_now', dbt.type_string()),
    ('contract_version_before', dbt.type_string()), ('contract_version_now', dbt.type_string()),
    ('causes', dbt.type_string()), ('late_rows', 'bigint'), ('corrected_rows', 'bigint'),
    ('rows_counted_in', dbt.type_string()), ('restated_return', dbt.type_string()),
    ('border_change', dbt.type_string()), ('reference_change', dbt.type_string()),
] -%}
{% for relation in ['settled', 'tonight'] -%}
select
    {% for column, kind in columns -%}
    cast({{ column }} as {{ kind }}) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ relation }}
{{ 'union all' if not loop.last }}
{% endfor %}
