-- One row per cell that the borders of now would change, by them, with the figure by the borders of then beside it
-- (value_then). What is not here is the same by both. A difference of fewer people than the disclosure floor would
-- tell what moved, so such a cell is suppressed; so is one made of a cell that is.
with redrawn as (
    select * from {{ ref('kpi_rates_redrawn') }}
),

results as (
    select * from {{ ref('kpi_results') }}
),

contract as (
    select * from {{ ref('kpi_contract') }}
),

sources as (
    select distinct -- a unit takes from several
        to_type,
        to_code,
        from_type,
        from_code
    from {{ ref('bridge_redrawn_units') }}
    union
    select distinct -- and is made of its own days
        to_type,
        to_code,
        to_type as from_type,
        to_code as from_code
    from {{ ref('bridge_redrawn_units') }}
),

-- a figure made of a withheld one is withheld; one made of a hidden one would tell it beside the others that are shown
hidden as (
    select
        results.kpi_id,
        results.variant,
        sources.to_type as unit_type,
        sources.to_code as unit_code,
        results.period_type,
        results.period_start,
        results.caliber,
        coalesce(min(case when results.verdict = 'WITHHELD' then results.rule_id end), 'L4-KPI-009') as rule_id
    from results
    inner join sources
        on results.unit_type = sources.from_type and results.unit_code = sources.from_code
    where results.verdict in ('WITHHELD', 'SUPPRESSED')
    group by
        results.kpi_id, results.variant, sources.to_type, sources.to_code, results.period_type, results.period_start,
        results.caliber
),

judged as (
    select
        redrawn.*,
        results.value as value_then,
        results.denominator as denominator_then,
        contract.contract_version,
        case
            when hidden.rule_id <> 'L4-KPI-009' then hidden.rule_id
            when contract.interval_method <> 'none' and coalesce(redrawn.denominator, 0) = 0 then 'L4-KPI-002'
            when redrawn.sample_size < contract.suppress_below then 'L4-KPI-003'
            when hidden.rule_id is not null then hidden.rule_id
            when
                abs(redrawn.denominator - results.denominator) > 0
                and abs(redrawn.denominator - results.denominator) < contract.suppress_below
                then 'L4-KPI-008'
            when redrawn.sample_size < contract.band_below then 'L4-KPI-004'
            else ''
        end as rule_id
    from redrawn
    inner join contract
        on redrawn.kpi_id = contract.kpi_id and redrawn.variant = contract.variant
    left join results
        on
            redrawn.kpi_id = results.kpi_id
            and redrawn.variant = results.variant
            and redrawn.unit_type = results.unit_type
            and redrawn.unit_code = results.unit_code
            and redrawn.period_type = results.period_type
            and redrawn.period_start = results.period_start
            and redrawn.caliber = results.caliber
    left join hidden
        on
            redrawn.kpi_id = hidden.kpi_id
            and redrawn.variant = hidden.variant
            and redrawn.unit_type = hidden.unit_type
            and redrawn.unit_code = hidden.unit_code
            and redrawn.period_type = hidden.period_type
            and redrawn.period_start = hidden.period_start
            and redrawn.caliber = hidden.caliber
),

decided as (
    select
        judged.*,
        case
            when judged.rule_id = '' then 'PUBLISHED'
            else coalesce(rules.verdict, 'WITHHELD')
        end as verdict,
        coalesce(rules.reason_zh, '') as reason
    from judged
    left join {{ ref('gate_rules') }} as rules
        on judged.rule_id = rules.rule_id
)

select
    decided.kpi_id,
    decided.variant,
    decided.unit_type,
    decided.unit_code,
    coalesce(places.place_name, decided.unit_code) as unit_name,
    decided.period_type,
    decided.period_start,
    decided.period_end,
    decided.caliber,
    case when decided.verdict in ('PUBLISHED', 'BAND_ONLY') then decided.numerator end as numerator,
    case when decided.verdict in ('PUBLISHED', 'BAND_ONLY') then decided.denominator end as denominator,
    case when decided.verdict in ('PUBLISHED', 'BAND_ONLY') then decided.value end as value,
    case when decided.verdict in ('PUBLISHED', 'BAND_ONLY') then decided.ci_low end as ci_low,
    case when decided.verdict in ('PUBLISHED', 'BAND_ONLY') then decided.ci_high end as ci_high,
    decided.verdict,
    decided.rule_id,
    decided.reason,
    decided.value_then,
    decided.contract_version
from decided
left join {{ ref('dim_places') }} as places
    on decided.unit_code = places.place_code
