-- One row per KPI, unit (city, districts), settled month, caliber, breakdown and value of it: what is shown of the part
-- of a published cell that each category, demand type, tier and channel is. Of a hidden cell its parts are hidden too.
-- Of a night without the hotline, and of tables of which a late change would tell a hidden figure, rows of before.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="period_type = 'month' and {{ in_periods_to_judge() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set key = ['kpi_id', 'unit_type', 'unit_code', 'period_start', 'caliber', 'breakdown', 'value_code'] %}
{% set table = ['kpi_id', 'period_start', 'caliber', 'breakdown'] %}
with cells as (
    select * from {{ ref('kpi_breakdown_cells') }}
),

roles as (
    select * from {{ ref('kpi_breakdown_roles') }}
),

previous as (
    select * from {{ source('raw', 'previous_kpi_breakdowns') }}
),

decided as (
    select
        cells.*,
        coalesce(roles.role, '') as role,
        case
            when cells.cell_verdict in ('SUPPRESSED', 'WITHHELD', 'NOT_RATED') then cells.cell_rule_id
            when roles.role = 'closed' then 'L4-KPI-009'
            when cells.denominator < cells.suppress_below then 'L4-KPI-003'
            when roles.role = 'hidden' then 'L4-KPI-009'
            when cells.denominator < cells.band_below then 'L4-KPI-004'
            else cells.cell_rule_id
        end as rule_id
    from cells
    left join roles
        on
            {% for column in key -%}
            cells.{{ column }} = roles.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
),

judged as (
    select
        decided.*,
        case
            when decided.cell_verdict in ('SUPPRESSED', 'WITHHELD', 'NOT_RATED') then decided.cell_verdict
            else coalesce(rules.verdict, decided.cell_verdict)
        end as verdict,
        case
            when decided.rule_id = decided.cell_rule_id then decided.cell_reason
            else rules.reason_zh
        end as reason
    from decided
    left join {{ ref('gate_rules') }} as rules
        on decided.rule_id = rules.rule_id
    where decided.role <> 'stale'
),

fresh as (
    select
        judged.*,
        verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') as is_shown,
        verdict not in ('WITHHELD', 'NOT_RATED') and role <> 'closed' as is_size_shown,
        {{ interval_bound('low') }} as ci_low,
        {{ interval_bound('high') }} as ci_high
    from judged
),

-- what stands of the release before: all of a source that did not deliver, else tables that a change would give away
stale_cells as (
    select distinct -- many values of one
        cells.kpi_id,
        cells.period_start,
        cells.caliber,
        cells.breakdown,
        cells.unit_type,
        cells.unit_code,
        cells.cell_verdict,
        cells.cell_rule_id,
        cells.cell_reason
    from cells
    inner join roles
        on
            {% for column in key -%}
            cells.{{ column }} = roles.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
    where roles.role = 'stale'
),

carried as (
    select
        previous.*,
        '' as cell_verdict,
        '' as cell_rule_id,
        '' as cell_reason,
        'L4-KPI-005' as stale_rule_id
    from previous
    inner join {{ ref('kpi_blocked') }} as blocked
        on previous.kpi_id = blocked.kpi_id and blocked.variant = 'main'
    union all
    select
        previous.*,
        stale_cells.cell_verdict,
        stale_cells.cell_rule_id,
        stale_cells.cell_reason,
        'L4-KPI-011' as stale_rule_id
    from previous
    inner join stale_cells
        on
            {% for column in table + ['unit_type', 'unit_code'] -%}
            previous.{{ column }} = stale_cells.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
),

-- the cell a stale row belongs to may be hidden tonight
standing as (
    select
        carried.*,
        carried.cell_verdict in ('SUPPRESSED', 'WITHHELD', 'NOT_RATED') as is_cell_hidden,
        carried.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') as was_shown
    from carried
)

select
    kpi_id,
    'main' as variant,
    unit_type,
    unit_code,
    'month' as period_type,
    period_start,
    period_end,
    caliber,
    breakdown,
    value_code,
    case when is_shown then numerator end as numerator,
    case when is_size_shown then denominator end as denominator,
    case
        when not is_shown then null
        when interval_method = 'none' then cast(numerator as double)
        when denominator > 0 then {{ rounded('cast(numerator as double) / cast(denominator as double)', 8) }}
    end as value,
    case when is_shown then ci_low end as ci_low,
    case when is_shown then ci_high end as ci_high,
    verdict,
    rule_id,
    reason,
    false as is_stale,
    contract_version
from fresh
union all
select
    standing.kpi_id,
    standing.variant,
    standing.unit_type,
    standing.unit_code,
    standing.period_type,
    standing.period_start,
    standing.period_end,
    standing.caliber,
    standing.breakdown,
    standing.value_code,
    {% for figure in ['numerator', 'denominator', 'value', 'ci_low', 'ci_high'] -%}
    case when not standing.is_cell_hidden then standing.{{ figure }} end as {{ figure }},
    {% endfor -%}
    case
        when standing.is_cell_hidden then standing.cell_verdict
        when standing.verdict = 'PUBLISHED' then 'PUBLISHED_WITH_NOTE'
        else standing.verdict
    end as verdict,
    case
        when standing.is_cell_hidden then standing.cell_rule_id
        when standing.was_shown then rules.rule_id
        else standing.rule_id
    end as rule_id,
    case
        when standing.is_cell_hidden then standing.cell_reason
        when standing.was_shown then rules.reason_zh
        else standing.reason
    end as reason,
    true as is_stale,
    standing.contract_version
from standing
inner join {{ ref('gate_rules') }} as rules
    on standing.stale_rule_id = rules.rule_id
