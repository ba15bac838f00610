-- One row per KPI, variant, unit type and period type: since which release it is published, as far as the log of
-- restatements goes back. Before it nothing is known of what was published then.
with shown as (
    select distinct -- many cells of one grain
        kpi_id,
        variant,
        unit_type,
        period_type,
        {{ business_date() }} as published_since
    from {{ ref('kpi_results') }}
),

previous as (
    select
        kpi_id,
        variant,
        unit_type,
        period_type,
        published_since
    from {{ source('raw', 'previous_kpi_published_since') }}
),

-- a release from before this table: its cells were compared with tonight's, so they are known for its night
earlier as (
    select distinct -- many cells of one grain
        cells.kpi_id,
        cells.variant,
        cells.unit_type,
        cells.period_type,
        releases.business_date as published_since
    from {{ source('raw', 'previous_kpi_results') }} as cells
    cross join {{ source('raw', 'previous_release') }} as releases
    where not exists (select 1 from previous)
),

known as (
    select * from shown
    union all
    select * from previous
    union all
    select * from earlier
)

select
    kpi_id,
    variant,
    unit_type,
    period_type,
    min(published_since) as published_since
from known
group by kpi_id, variant, unit_type, period_type
