-- One row per cell from a month to a year of a district, street or responsible unit that is ranked among its peers and
-- got its verdict in this build.
{{ config(materialized='view') }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
select
    bands.kpi_id,
    bands.variant,
    bands.unit_type,
    bands.unit_code,
    bands.period_type,
    bands.period_start,
    bands.caliber,
    bands.peer_group,
    contract.direction,
    contract.interval_method,
    cast(verdicts.sample_size as double) as sample_size,
    verdicts.value,
    verdicts.ci_low,
    verdicts.ci_high
from {{ ref('kpi_bands') }} as bands
inner join {{ ref('kpi_verdicts') }} as verdicts
    on
        bands.kpi_id = verdicts.kpi_id
        and bands.variant = verdicts.variant
        and bands.unit_type = verdicts.unit_type
        and bands.unit_code = verdicts.unit_code
        and bands.period_type = verdicts.period_type
        and bands.period_start = verdicts.period_start
        and bands.caliber = verdicts.caliber
inner join {{ ref('kpi_contract') }} as contract
    on bands.kpi_id = contract.kpi_id and bands.variant = contract.variant
where
    {{ is_judged_in_this_build('bands') }}
    and {{ is_judged_in_this_build('verdicts') }}
    and bands.rank_best is not null
    and bands.unit_type in ('district', 'street', 'unit')
    and bands.period_type in ('month', 'assessment_month', 'quarter', 'half_year', 'year')
