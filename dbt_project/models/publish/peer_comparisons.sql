-- One row per ranked cell from a month to a year (同类比较): likely ranks, and where it lies in the funnel of its
-- peers. Limits are those of the group's own rate at the cell's sample size, 95 % and 99.8 %, widened where units
-- differ by more than chance (Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202; z scores winsorised at a
-- tenth on either side).
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_judge() }}") }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set group = [
    'kpi_id', 'variant', 'unit_type', 'period_type', 'period_start', 'caliber', 'peer_group'
] %}
with cells as (
    select * from {{ ref('kpi_cells_ranked') }}
),

placed as (
    select
        cells.*,
        bands.peer_count,
        bands.peer_value,
        bands.band,
        bands.rank_best,
        bands.rank_worst,
        ranks.rank_likely,
        ranks.rank_likely_best,
        ranks.rank_likely_worst,
        case
            when cells.interval_method = 'wilson' and bands.peer_value > 0 and bands.peer_value < 1
                then sqrt(bands.peer_value * (1 - bands.peer_value) / cells.sample_size)
        end as standard_error
    from cells
    inner join {{ ref('kpi_bands') }} as bands
        on
            {% for column in group + ['unit_code'] -%}
            cells.{{ column }} = bands.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
    left join {{ ref('kpi_rank_intervals') }} as ranks
        on
            {% for column in group + ['unit_code'] -%}
            cells.{{ column }} = ranks.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
),

scored as (
    select
        *,
        (value - peer_value) / nullif(standard_error, 0) as z_score,
        row_number() over (
            partition by {{ group | join(', ') }} order by (value - peer_value) / nullif(standard_error, 0), unit_code
        ) as place,
        count(standard_error) over (partition by {{ group | join(', ') }}) as scored_count
    from placed
),

trimmed as (
    select
        *,
        greatest(
            least(
                z_score,
                max(case when place = scored_count - cast(floor(0.1 * scored_count) as integer) then z_score end)
                    over (partition by {{ group | join(', ') }})
            ),
            max(case when place = 1 + cast(floor(0.1 * scored_count) as integer) then z_score end)
                over (partition by {{ group | join(', ') }})
        ) as trimmed_score
    from scored
),

spread as (
    select
        *,
        -- units that differ by chance alone have a mean square of 1
        sqrt(greatest(1.0, avg(trimmed_score * trimmed_score) over (
            partition by {{ group | join(', ') }} order by place
            rows between unbounded preceding and unbounded following
        )))
            as dispersion
    from trimmed
)

select
    spread.kpi_id,
    spread.variant,
    spread.unit_type,
    spread.unit_code,
    coalesce(names.unit_name, spread.unit_code) as unit_name,
    spread.period_type,
    spread.period_start,
    spread.caliber,
    spread.peer_group,
    spread.peer_count,
    spread.sample_size,
    spread.value,
    spread.ci_low,
    spread.ci_high,
    spread.band,
    spread.rank_best,
    spread.rank_worst,
    spread.rank_likely,
    spread.rank_likely_best,
    spread.rank_likely_worst,
    spread.peer_value,
    {{ rounded('spread.dispersion * spread.dispersion', 6) }} as overdispersion,
    {% for name, z in [('95', '1.959963984540054'), ('998', '3.090232306167813')] -%}
    {{ rounded('greatest(0.0, spread.peer_value - ' ~ z ~ ' * spread.dispersion * spread.standard_error)', 8) }}
        as funnel_{{ name }}_low,
    {{ rounded('least(1.0, spread.peer_value + ' ~ z ~ ' * spread.dispersion * spread.standard_error)', 8) }}
        as funnel_{{ name }}_high,
    {% endfor -%}
    case
        when spread.standard_error is null then null
        when abs(spread.z_score) > 3.090232306167813 * spread.dispersion then 'outside_998'
        when abs(spread.z_score) > 1.959963984540054 * spread.dispersion then 'outside_95'
        else 'inside'
    end as funnel_position
from spread
left join {{ ref('dim_unit_names') }} as names
    on spread.unit_type = names.unit_type and spread.unit_code = names.unit_code
