-- One row per cell whose counts add up to those of its total, of KPIs of which a figure is small, in the years of which
-- a period is judged in this build: the cell, the total it is a part of (the nearest place above it that the KPI has,
-- and the city for responsible units), and what the release before showed of it.
{{ config(materialized='view') }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set key = ['kpi_id', 'variant', 'unit_type', 'unit_code', 'period_type', 'period_start', 'caliber'] %}
with periods as (
    select distinct -- many units of one period
        kpi_id,
        variant,
        period_type,
        period_start,
        period_end
    from {{ ref('kpi_cell_verdicts') }}
),

-- whole calendar years: a month may follow from its year and the other months, and these from their days. What is
-- decided must not depend on how much of a year, or of the archive, a night happens to judge
spans as (
    select distinct -- in several that are judged
        kpi_id,
        variant,
        cast({{ dbt.date_trunc('year', 'period_start') }} as date) as first_day,
        {{ last_day(dbt.date_trunc('year', 'period_end'), 12) }} as last_day
    from periods
    where {{ is_judged_in_this_build('periods') }}
),

beside as (
    select distinct -- in several years
        periods.kpi_id,
        periods.variant,
        periods.period_type,
        periods.period_start
    from periods
    inner join spans
        on
            periods.kpi_id = spans.kpi_id
            and periods.variant = spans.variant
            and periods.period_start <= spans.last_day
            and periods.period_end >= spans.first_day
),

cells as (
    select
        verdicts.*,
        contract.levels,
        contract.suppress_below,
        contract.interval_method,
        -- a small one that is withheld as well is a secret of the same kind
        verdicts.verdict in ('SUPPRESSED', 'WITHHELD') and verdicts.sample_size < contract.suppress_below as is_small
    from {{ ref('kpi_cell_verdicts') }} as verdicts
    inner join {{ ref('kpi_contract') }} as contract
        on verdicts.kpi_id = contract.kpi_id and verdicts.variant = contract.variant
    inner join beside
        on
            verdicts.kpi_id = beside.kpi_id
            and verdicts.variant = beside.variant
            and verdicts.period_type = beside.period_type
            and verdicts.period_start = beside.period_start
    where
        contract.suppress_below > 0
        and contract.interval_method <> 'none'
        and verdicts.denominator is not null
        and (verdicts.numerator is not null or contract.interval_method <> 'composed')
),

places as (
    select
        place_level as unit_type,
        place_code as unit_code,
        street_code,
        district_code
    from {{ ref('dim_places') }}
    union all
    select
        'point' as unit_type,
        points.station_code as unit_code,
        communities.street_code,
        communities.district_code
    from {{ ref('dim_service_points') }} as points
    inner join {{ ref('dim_places') }} as communities
        on points.community_code = communities.place_code
),

previous as (
    select * from {{ source('raw', 'previous_kpi_results') }}
),

compared as (
    select
        cells.*,
        case
            when cells.unit_type = 'city' then null
            when cells.unit_type in ('community', 'point') and places.street_code is not null
                and concat_ws('', ' ', cells.levels, ' ') like '% street %' then 'street'
            when cells.unit_type in ('community', 'point', 'street') and places.district_code is not null
                and concat_ws('', ' ', cells.levels, ' ') like '% district %' then 'district'
            else 'city'
        end as parent_type,
        places.street_code,
        places.district_code,
        previous.verdict = 'SUPPRESSED' as was_hidden,
        previous.rule_id = 'L4-KPI-010' as was_exposed,
        -- of a hidden figure only the number of its cases was shown, of a withheld one nothing
        (previous.verdict = 'WITHHELD' and cells.verdict = 'WITHHELD')
        or (
            previous.denominator = cells.denominator
            and case
                when previous.verdict = 'SUPPRESSED' then true
                -- X02 before it showed its counts: its value told them
                when previous.numerator is null and previous.value is not null then previous.value = cells.value
                else coalesce(previous.numerator, 0) = coalesce(cells.numerator, 0)
            end
        ) as is_unchanged
    from cells
    left join places
        on cells.unit_type = places.unit_type and cells.unit_code = places.unit_code
    left join previous on
        {% for column in key -%}
        cells.{{ column }} = previous.{{ column }}{{ ' and' if not loop.last }}
        {% endfor %}
),

with_secrets as (
    select distinct -- many cells of one
        kpi_id,
        variant
    from compared
    where is_small or (was_hidden and is_unchanged)
)

select
    {% for column in key -%}
    compared.{{ column }},
    {% endfor -%}
    compared.period_end,
    compared.parent_type,
    case compared.parent_type
        when 'street' then compared.street_code
        when 'district' then compared.district_code
        when 'city' then '{{ var("city_code") }}'
    end as parent_code,
    cast(coalesce(compared.numerator, 0) as double) as numerator,
    cast(compared.denominator as double) as denominator,
    compared.suppress_below as floor,
    compared.is_small,
    compared.verdict = 'WITHHELD' and not compared.is_small as is_withheld,
    -- a rate of events per something else may exceed 1; the others count a part of the cases
    compared.interval_method <> 'poisson' as is_capped,
    coalesce(compared.is_unchanged, false) as is_unchanged,
    coalesce(compared.was_hidden, false) as was_hidden,
    coalesce(compared.was_exposed, false) as was_exposed
from compared
inner join with_secrets
    on
        compared.kpi_id = with_secrets.kpi_id
        and compared.variant = with_secrets.variant
