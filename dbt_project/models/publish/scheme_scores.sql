-- One row per scheme (考评方案), unit, period and caliber: the score, its bounds, may it be published, and the ranks it
-- can have among peers. A score is no better than its KPIs: withheld or hidden where one of them is, noted where one
-- is, and as small as the smallest. Ranked are published scores only, and only as far as their bounds separate.
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
),

scores as (
    select
        decided.*,
        case
            when decided.rule_id = '' then 'PUBLISHED'
            when decided.is_withheld then 'WITHHELD'
            when rules.verdict is not null then rules.verdict
            else 'PUBLISHED_WITH_NOTE'
        end as verdict,
        peers.peer_group
    from decided
    left join {{ ref('gate_rules') }} as rules
        on decided.rule_id = rules.rule_id
    left join {{ ref('bridge_units_peer_groups') }} as peers
        on decided.unit_type = peers.unit_type and decided.unit_code = peers.unit_code
),

rankable as (
    select * from scores
    where is_covered and verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE') and peer_group is not null
),

peer_counts as (
    select
        scheme,
        unit_type,
        period_type,
        period_start,
        caliber,
        peer_group,
        count(*) as peer_count
    from rankable
    group by
        scheme,
        unit_type,
        period_type,
        period_start,
        caliber,
        peer_group
),

ranks as (
    {{ peer_ranks(
        'rankable', ['scheme', 'unit_type', 'period_type', 'period_start', 'caliber', 'peer_group'],
        ['unit_code'], 'score_low', 'score_high'
    ) }}
)

select
    scores.scheme,
    scores.unit_type,
    scores.unit_code,
    coalesce(names.unit_name, scores.unit_code) as unit_name,
    scores.period_type,
    scores.period_start,
    scores.period_end,
    scores.caliber,
    cast(round(scores.sample_size) as bigint) as sample_size,
    case when scores.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') then scores.score end as score,
    case
        when scores.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') then scores.score_low
    end as score_low,
    case
        when scores.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY') then scores.score_high
    end as score_high,
    scores.verdict,
    scores.rule_id,
    ranks.peer_group,
    peer_counts.peer_count,
    1 + ranks.surely_above as rank_best,
    peer_counts.peer_count - ranks.surely_below as rank_worst
from scores
left join ranks
    on
        scores.scheme = ranks.scheme
        and scores.unit_type = ranks.unit_type
        and scores.unit_code = ranks.unit_code
        and scores.period_type = ranks.period_type
        and scores.period_start = ranks.period_start
        and scores.caliber = ranks.caliber
left join peer_counts
    on
        ranks.scheme = peer_counts.scheme
        and ranks.unit_type = peer_counts.unit_type
        and ranks.period_type = peer_counts.period_type
        and ranks.period_start = peer_counts.period_start
        and ranks.caliber = peer_counts.caliber
        and ranks.peer_group = peer_counts.peer_group
left join {{ ref('dim_unit_names') }} as names
    on scores.unit_type = names.unit_type and scores.unit_code = names.unit_code
