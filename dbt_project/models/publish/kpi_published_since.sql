-- One row per KPI, variant, unit type and period type: since which release it is published, as far as the log of
-- restatements goes back. Before it nothing is known of what was published then.
-- depends_on: {{ ref('kpi_periods_to_judge') }}
with known as (
    select distinct -- many cells of one grain
        cells.kpi_id,
        cells.variant,
        cells.unit_type,
        cells.period_type,
        {{ business_date() }} as published_since
    from {{ ref('kpi_results') }} as cells
    where {{ may_differ_from_release('cells') }}
    union all
    select
        kpi_id,
        variant,
        unit_type,
        period_type,
        published_since
    from {{ source('raw', 'previous_kpi_published_since') }}
)

select
    kpi_id,
    variant,
    unit_type,
    period_type,
    min(published_since) as published_since
from known
group by kpi_id, variant, unit_type, period_type
