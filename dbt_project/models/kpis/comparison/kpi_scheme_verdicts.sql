-- One row per scheme, unit, period and caliber: may the score be published. A score is no better than its KPIs:
-- withheld or hidden where one of them is, noted where one is, and as small as the smallest.
with schemes as (
    select
        schemes.*,
        levels.unit_type
    from {{ ref('schemes') }} as schemes
    inner join {{ ref('scheme_levels') }} as levels
        on schemes.applies_to = levels.applies_to
),

contract as (
    select * from {{ ref('kpi_contract') }}
),

components as (
    select
        schemes.scheme,
        verdicts.unit_type,
        verdicts.unit_code,
        verdicts.period_type,
        verdicts.period_start,
        verdicts.caliber,
        max(case when verdicts.verdict = 'WITHHELD' then verdicts.rule_id end) as withheld_by,
        max(case when verdicts.verdict = 'SUPPRESSED' then 'L4-KPI-009' end) as hidden_by,
        max(case when verdicts.verdict = 'PUBLISHED_WITH_NOTE' then verdicts.rule_id end) as noted_by,
        max(contract.suppress_below) as suppress_below,
        max(contract.band_below) as band_below,
        max(coverage.covered_from) as covered_from
    from {{ ref('kpi_verdicts') }} as verdicts
    inner join schemes
        on
            verdicts.kpi_id = schemes.kpi_id
            and verdicts.variant = schemes.variant
            and verdicts.unit_type = schemes.unit_type
            and verdicts.period_start >= schemes.valid_from
            and (schemes.valid_to is null or verdicts.period_start < schemes.valid_to)
    inner join contract
        on verdicts.kpi_id = contract.kpi_id and verdicts.variant = contract.variant
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    group by
        schemes.scheme,
        verdicts.unit_type,
        verdicts.unit_code,
        verdicts.period_type,
        verdicts.period_start,
        verdicts.caliber
),

decided as (
    select
        scores.*,
        case
            when components.withheld_by is not null then components.withheld_by
            when scores.score is null then 'L4-KPI-002'
            when scores.sample_size < components.suppress_below then 'L4-KPI-003'
            when components.hidden_by is not null then components.hidden_by
            when scores.sample_size < components.band_below then 'L4-KPI-004'
            when components.noted_by is not null then components.noted_by
            else ''
        end as rule_id,
        components.withheld_by is not null as is_withheld,
        coalesce(components.covered_from <= scores.period_start, true) as is_covered
    from {{ ref('kpi_scheme_scores') }} as scores
    inner join components
        on
            scores.scheme = components.scheme
            and scores.unit_type = components.unit_type
            and scores.unit_code = components.unit_code
            and scores.period_type = components.period_type
            and scores.period_start = components.period_start
            and scores.caliber = components.caliber
)

select
    decided.scheme,
    decided.unit_type,
    decided.unit_code,
    decided.period_type,
    decided.period_start,
    decided.period_end,
    decided.caliber,
    decided.sample_size,
    decided.score,
    decided.score_low,
    decided.score_high,
    case
        when decided.rule_id = '' then 'PUBLISHED'
        when decided.is_withheld then 'WITHHELD'
        when rules.verdict is not null then rules.verdict
        else 'PUBLISHED_WITH_NOTE'
    end as verdict,
    decided.rule_id,
    decided.is_covered
from decided
left join {{ ref('gate_rules') }} as rules
    on decided.rule_id = rules.rule_id
