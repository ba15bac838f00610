-- One row per companion that counts a part, unit and month, where one of them is below the disclosure floor: as
-- kpi_cells_to_protect has it for KPIs.
{{ config(materialized='view') }}
-- depends_on: {{ ref('kpi_periods_to_judge') }}
with companions as (
    select
        figures.*,
        figures.denominator < {{ disclosure_floor() }} as is_small
    from {{ ref('kpi_companions') }} as figures
    where
        figures.companion in ({{ companions_of_counts() }})
        and (figures.denominator > 0 or figures.numerator > 0)
),

streets as (
    select
        place_code,
        district_code
    from {{ ref('dim_places') }}
    where place_level = 'street'
),

compared as (
    select
        companions.*,
        case
            when companions.unit_type = 'street' and streets.district_code is not null then 'district'
            when companions.unit_type <> 'city' then 'city'
        end as parent_type,
        streets.district_code,
        not previous.is_shown as was_hidden,
        previous.rule_id = 'L4-KPI-010' as was_exposed,
        previous.denominator = companions.denominator
        and (not previous.is_shown or previous.numerator = companions.numerator) as is_unchanged
    from companions
    left join streets
        on case when companions.unit_type = 'street' then companions.unit_code end = streets.place_code
    left join {{ source('raw', 'previous_integrity_companions') }} as previous
        on
            companions.companion = previous.companion
            and companions.unit_type = previous.unit_type
            and companions.unit_code = previous.unit_code
            and companions.month_start = previous.month_start
),

families as (
    select distinct -- many small ones of one
        companion,
        month_start
    from compared
    where is_small or (was_hidden and is_unchanged)
)

select
    compared.companion as kpi_id,
    'main' as variant,
    compared.unit_type,
    compared.unit_code,
    'month' as period_type,
    compared.month_start as period_start,
    'full' as caliber,
    {{ last_day('compared.month_start', 1) }} as period_end,
    compared.parent_type,
    case compared.parent_type
        when 'district' then compared.district_code
        when 'city' then '{{ var("city_code") }}'
    end as parent_code,
    cast(compared.numerator as double) as numerator,
    cast(compared.denominator as double) as denominator,
    {{ disclosure_floor() }} as floor,
    compared.is_small,
    false as is_withheld,
    compared.companion <> 'deadline_bunching_index' as is_capped,
    coalesce(compared.is_unchanged, false) as is_unchanged,
    coalesce(compared.was_hidden, false) as was_hidden,
    coalesce(compared.was_exposed, false) as was_exposed
from compared
inner join families
    on compared.companion = families.companion and compared.month_start = families.month_start
