-- One row per KPI that is broken down, unit (city, districts), settled month, caliber, breakdown and value, of cells
-- judged in this build: figures, what was decided of the cell they are a part of, and what the release before showed.
{{ config(materialized='view') }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}, {{ ref('kpi_grains') }}
{% set counted_parts = breakdown_kpis() %}
{% set names = counted_parts | map('string') | join("', '") %}
{% set rows = [] %}
{% for row in contract_rows() if row.kpi.endswith('/main') and row.kpi.split('/')[0] in counted_parts %}
{% do rows.append(row) %}
{% endfor %}
{% set key = ['kpi_id', 'unit_type', 'unit_code', 'period_start', 'caliber', 'breakdown', 'value_code'] %}
with verdicts as (
    select
        cells.*,
        concat_ws('', cells.kpi_id, '/', cells.variant) as kpi,
        contract.contract_version,
        contract.suppress_below,
        contract.band_below,
        contract.interval_method
    from {{ ref('kpi_verdicts') }} as cells
    inner join {{ ref('kpi_contract') }} as contract
        on cells.kpi_id = contract.kpi_id and cells.variant = contract.variant
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    left join {{ ref('kpi_blocked') }} as blocked
        on cells.kpi_id = blocked.kpi_id and cells.variant = blocked.variant
    where
        cells.kpi_id in ('{{ names }}')
        and cells.variant = 'main'
        and cells.period_type = 'month'
        and cells.unit_type in ('city', 'district')
        and blocked.kpi_id is null
        and coalesce(coverage.covered_from <= cells.period_start, true)
        and {{ dbt.dateadd('day', 'contract.settle_days', 'cells.period_end') }} <= {{ business_date() }}
        and {{ is_judged_in_this_build('cells') }}
),

counted as (
    select
        kpis.kpi_id,
        kpis.unit_type,
        kpis.unit_code,
        kpis.period_start,
        kpis.period_end,
        kpis.caliber,
        kpis.verdict as cell_verdict,
        kpis.rule_id as cell_rule_id,
        kpis.reason as cell_reason,
        kpis.contract_version,
        kpis.suppress_below,
        kpis.band_below,
        kpis.interval_method,
        counts.breakdown,
        counts.value_code,
        {{ summed(rows, 'numerator') }},
        {{ summed(rows, 'denominator') }},
        {{ summed(rows, 'sample_size') }},
        {% for part in ['whole', 'any'] -%}
        case kpis.kpi_id
            {% for kpi_id, measures in counted_parts.items() -%}
            when '{{ kpi_id }}' then {{ measures[part] }}
            {% endfor -%}
        end as {{ part }}_count{{ ',' if not loop.last }}
        {% endfor %}
    from verdicts as kpis
    inner join {{ ref('agg_orders_by_breakdown') }} as counts
        on
            kpis.unit_type = counts.unit_type
            and kpis.unit_code = counts.unit_code
            and kpis.period_start = counts.period_start
            and kpis.caliber = counts.caliber
),

previous as (
    select * from {{ source('raw', 'previous_kpi_breakdowns') }}
),

families_before as (
    select distinct -- many values of one
        kpi_id,
        period_start,
        caliber,
        breakdown
    from previous
)

select
    counted.*,
    counted.cell_verdict = 'SUPPRESSED' as is_total_hidden,
    {{ is_told_elsewhere('counted') }} as is_told_elsewhere,
    families_before.kpi_id is not null as was_published,
    cast(previous.denominator as double) as denominator_before,
    cast(previous.numerator as double) as numerator_before,
    coalesce(previous.rule_id in ('L4-KPI-003', 'L4-KPI-009', 'L4-KPI-010'), false) as was_hidden
from counted
left join previous
    on
        {% for column in key -%}
        counted.{{ column }} = previous.{{ column }}{{ ' and' if not loop.last }}
        {% endfor %}
left join families_before
    on
        counted.kpi_id = families_before.kpi_id
        and counted.period_start = families_before.period_start
        and counted.caliber = families_before.caliber
        and counted.breakdown = families_before.breakdown
where counted.numerator > 0 or counted.denominator > 0
