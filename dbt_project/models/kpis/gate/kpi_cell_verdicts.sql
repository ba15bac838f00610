-- One row per cell with its figures: may it be published for itself, whatever stands beside it, and which rule decided.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_judge() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set cell = ['kpi_id', 'variant', 'unit_type', 'unit_code', 'period_type', 'period_start', 'caliber'] %}
with cells as (
    select * from {{ ref('kpi_cells') }}
),

contract as (
    select * from {{ ref('kpi_contract') }}
),

blocked as (
    select * from {{ ref('kpi_blocked') }}
),

absent as (
    select
        input,
        reason
    from {{ source('raw', 'absent_inputs') }}
),

parts_of_districts as (
    select
        district_code,
        place_level as unit_type,
        place_code as unit_code
    from {{ ref('dim_places') }}
    where district_code is not null
    union all
    select
        district_code,
        'point' as unit_type,
        station_code as unit_code
    from {{ ref('dim_service_points') }}
    where district_code is not null
),

-- what a delivery says of a district (its file could not be used) holds for all that lies in it; other rules say
-- themselves which units they are about
findings as (
    select
        contract.kpi_id as touched_kpi_id,
        contract.variant,
        found.severity,
        found.rule_id,
        found.message,
        found.waiver_id,
        found.anchors,
        coalesce(parts.unit_type, found.unit_type) as unit_type,
        coalesce(parts.unit_code, found.unit_code) as unit_code,
        found.period_type,
        found.period_from,
        found.period_to
    from {{ ref('kpi_findings') }} as found
    left join parts_of_districts as parts
        on
            case when found.rule_id like 'L1-%' and found.unit_type = 'district' then found.unit_code end
            = parts.district_code
    cross join contract
    where
        found.severity in ('block', 'warn')
        and found.is_in_marts
        and {{ may_contaminate('found', 'contract') }}
),

-- one of a unit is looked up by it; only the others are held against every cell of the KPI
touches as (
    {% for is_of_unit in [true, false] %}
    select
        cells.kpi_id,
        cells.variant,
        cells.unit_type,
        cells.unit_code,
        cells.period_type,
        cells.period_start,
        cells.caliber,
        findings.severity,
        findings.rule_id,
        findings.message,
        findings.waiver_id,
        findings.anchors <> '' as lacks_records
    from cells
    inner join findings
        on
            cells.kpi_id = findings.touched_kpi_id
            and cells.variant = findings.variant
            {% if is_of_unit -%}
            and cells.unit_type = findings.unit_type
            and cells.unit_code = findings.unit_code
            {% else -%}
            and findings.unit_code = ''
            and (findings.unit_type = '' or cells.unit_type = findings.unit_type)
            {% endif -%}
            and (findings.period_type = '' or cells.period_type = findings.period_type)
            and (findings.period_from is null or cells.period_end >= findings.period_from)
            and (findings.period_to is null or cells.period_start <= findings.period_to)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what was waived is told first, and all of it
touched as (
    select
        *,
        row_number() over (
            partition by {{ cell | join(', ') }}
            order by
                case when severity = 'block' then 0 when waiver_id <> '' then 1 else 2 end,
                rule_id, message
        ) as precedence
    from touches
),

waived as (
    select
        {{ cell | join(',\n        ') }},
        {{ dbt.listagg('message', "'；'", 'order by rule_id, message') }} as message
    from touches
    where waiver_id <> ''
    group by {{ cell | join(', ') }}
),

judged as (
    select
        cells.*,
        contract.suppress_below,
        contract.band_below,
        contract.interval_method,
        blocked.kpi_id is not null as is_source_blocked,
        absent.input is not null as is_input_absent,
        coalesce(case when absent.input is not null then absent.reason else blocked.reason end, '') as absence_reason,
        touched.severity,
        coalesce(touched.severity = 'block' and touched.lacks_records, false) as lacks_records,
        touched.rule_id as touching_rule_id,
        case touched.severity when 'block' then touched.message else coalesce(waived.message, touched.message) end
            as touching_message
    from cells
    inner join contract
        on cells.kpi_id = contract.kpi_id and cells.variant = contract.variant
    left join blocked on cells.kpi_id = blocked.kpi_id and cells.variant = blocked.variant
    left join absent on contract.requires = absent.input
    left join touched
        on
            cells.kpi_id = touched.kpi_id
            and cells.variant = touched.variant
            and cells.unit_type = touched.unit_type
            and cells.unit_code = touched.unit_code
            and cells.period_type = touched.period_type
            and cells.period_start = touched.period_start
            and cells.caliber = touched.caliber
            and touched.precedence = 1
    left join waived
        on
            {% for column in cell -%}
            cells.{{ column }} = waived.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
),

decided as (
    select
        *,
        case
            when is_input_absent then 'L4-KPI-001'
            when is_source_blocked then 'L4-KPI-006'
            -- nothing is left to rate, for what there was is in quarantine
            when lacks_records then touching_rule_id
            when numerator is null and interval_method = 'none' then 'L4-KPI-002'
            when interval_method <> 'none' and coalesce(denominator, 0) = 0 then 'L4-KPI-002'
            when interval_method = 'composed' and value is null then 'L4-KPI-007'
            when severity = 'block' then touching_rule_id
            when sample_size < suppress_below then 'L4-KPI-003'
            when sample_size < band_below then 'L4-KPI-004'
            when severity = 'warn' then touching_rule_id
            else ''
        end as deciding_rule_id
    from judged
)

select
    decided.kpi_id,
    decided.variant,
    decided.unit_type,
    decided.unit_code,
    decided.period_type,
    decided.period_start,
    decided.period_end,
    decided.caliber,
    decided.numerator,
    decided.denominator,
    decided.sample_size,
    decided.value,
    decided.ci_low,
    decided.ci_high,
    case
        when decided.deciding_rule_id = '' then 'PUBLISHED'
        when rules.verdict is not null then rules.verdict
        when decided.severity = 'block' then 'WITHHELD'
        else 'PUBLISHED_WITH_NOTE'
    end as verdict,
    decided.deciding_rule_id as rule_id,
    case
        when decided.deciding_rule_id = '' then ''
        when rules.rule_id in ('L4-KPI-001', 'L4-KPI-006') and decided.absence_reason <> ''
            then concat_ws('', rules.reason_zh, '：', decided.absence_reason)
        when rules.rule_id = 'L4-KPI-004' and decided.severity = 'warn'
            then concat_ws('', rules.reason_zh, '；', decided.touching_message)
        when rules.rule_id is not null then rules.reason_zh
        else decided.touching_message
    end as reason
from decided
left join {{ ref('gate_rules') }} as rules
    on decided.deciding_rule_id = rules.rule_id
