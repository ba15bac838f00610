-- One row per cell that may be compared with its peers (同类分组): its band against the group's own rate, and the ranks it
-- can have. Cells below the floor (BAND_ONLY) have a band and no rank, and nobody is ranked against them.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_judge() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
with compared as (
    select
        verdicts.kpi_id,
        verdicts.variant,
        verdicts.unit_type,
        verdicts.unit_code,
        verdicts.period_type,
        verdicts.period_start,
        verdicts.caliber,
        verdicts.verdict,
        verdicts.numerator,
        verdicts.denominator,
        verdicts.ci_low,
        verdicts.ci_high,
        contract.direction,
        -- a department is compared with its own kind and size of demand; places have theirs by residents
        case
            when verdicts.unit_type <> 'unit' then peers.peer_group
            when verdicts.sample_size >= {{ parameter('peer_demand_large') }}
                then concat_ws('', peers.peer_group, '_large')
            when verdicts.sample_size >= {{ parameter('peer_demand_medium') }}
                then concat_ws('', peers.peer_group, '_medium')
            else concat_ws('', peers.peer_group, '_small')
        end as peer_group
    from {{ ref('kpi_verdicts') }} as verdicts
    inner join {{ ref('kpi_contract') }} as contract
        on verdicts.kpi_id = contract.kpi_id and verdicts.variant = contract.variant
    inner join {{ ref('bridge_units_peer_groups') }} as peers
        on verdicts.unit_type = peers.unit_type and verdicts.unit_code = peers.unit_code
    left join {{ ref('kpi_coverage') }} as coverage
        on contract.count_model = coverage.count_model
    where
        coalesce(coverage.covered_from <= verdicts.period_start, true)
        and contract.direction in ('up', 'down')
        and verdicts.unit_type <> 'city'
        and verdicts.verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY')
        and verdicts.ci_low is not null
        {% if is_incremental() %}
        and {{ in_periods_to_judge('verdicts') }}
        {% endif %}
),

rankable as (
    select * from compared
    where verdict <> 'BAND_ONLY'
),

pooled as (
    select
        kpi_id,
        variant,
        unit_type,
        period_type,
        period_start,
        caliber,
        peer_group,
        count(*) as peer_count,
        cast(sum(numerator) as double) / nullif(cast(sum(denominator) as double), 0) as peer_value
    from rankable
    group by
        kpi_id,
        variant,
        unit_type,
        period_type,
        period_start,
        caliber,
        peer_group
),

ranks as (
    {{ peer_ranks(
        'rankable',
        ['kpi_id', 'variant', 'unit_type', 'period_type', 'period_start', 'caliber', 'peer_group'],
        ['unit_code'], 'ci_low', 'ci_high'
    ) }}
)

select
    compared.kpi_id,
    compared.variant,
    compared.unit_type,
    compared.unit_code,
    compared.period_type,
    compared.period_start,
    compared.caliber,
    compared.peer_group,
    pooled.peer_count,
    {{ rounded('pooled.peer_value', 8) }} as peer_value,
    case
        when pooled.peer_value is null or pooled.peer_count < 2 then null
        when compared.ci_low > pooled.peer_value
            then case when compared.direction = 'up' then 'better' else 'worse' end
        when compared.ci_high < pooled.peer_value
            then case when compared.direction = 'up' then 'worse' else 'better' end
        else 'typical'
    end as band,
    1 + case when compared.direction = 'up' then ranks.surely_above else ranks.surely_below end as rank_best,
    pooled.peer_count
    - case when compared.direction = 'up' then ranks.surely_below else ranks.surely_above end as rank_worst
from compared
left join pooled
    on
        compared.kpi_id = pooled.kpi_id
        and compared.variant = pooled.variant
        and compared.unit_type = pooled.unit_type
        and compared.period_type = pooled.period_type
        and compared.period_start = pooled.period_start
        and compared.caliber = pooled.caliber
        and compared.peer_group = pooled.peer_group
left join ranks
    on
        compared.kpi_id = ranks.kpi_id
        and compared.variant = ranks.variant
        and compared.unit_type = ranks.unit_type
        and compared.unit_code = ranks.unit_code
        and compared.period_type = ranks.period_type
        and compared.period_start = ranks.period_start
        and compared.caliber = ranks.caliber
