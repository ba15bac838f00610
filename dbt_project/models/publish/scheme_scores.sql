-- One row per scheme (考评方案), unit, period and caliber: the score, its bounds, and the ranks it can have among peers.
-- Ranked are published scores only, and only as far as their bounds separate.
with scores as (
    select
        verdicts.*,
        peers.peer_group
    from {{ ref('kpi_scheme_verdicts') }} as verdicts
    left join {{ ref('bridge_units_peer_groups') }} as peers
        on verdicts.unit_type = peers.unit_type and verdicts.unit_code = peers.unit_code
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
    coalesce(places.place_name, units.unit_name, scores.unit_code) as unit_name,
    scores.period_type,
    scores.period_start,
    scores.period_end,
    scores.caliber,
    cast(scores.sample_size as bigint) as sample_size,
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
left join {{ ref('dim_places') }} as places
    on scores.unit_type = places.place_level and scores.unit_code = places.place_code
left join {{ ref('dim_units') }} as units
    on scores.unit_type = 'unit' and scores.unit_code = units.unit_code
