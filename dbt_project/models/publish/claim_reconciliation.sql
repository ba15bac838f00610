-- One row per figure of a published account: what becomes of it beside the figures of this release. `minhu claims
-- --file` runs this same statement over another account's figures, so it uses nothing but ref(), loops and plain SQL.
with claims as (
    select
        claim_id,
        claim_row,
        system_zh,
        figure_zh,
        bound,
        value,
        tolerance,
        unit,
        period_type,
        period_start,
        kpi_id,
        variant,
        coalesce(measured_as, 'value') as measured_as,
        unit_code,
        is_definition_known,
        duplicate_of,
        ratio_to,
        ratio_low,
        ratio_high,
        sum_of,
        note_zh
    from {{ ref('claims') }}
),

-- what the account counts may be the value of a KPI, or one of its two counts; a period of which nothing is to be rated
-- says nothing
figures as (
    {% for measured_as in ['value', 'numerator', 'denominator'] %}
    select
        kpi_id,
        variant,
        unit_type,
        unit_code,
        period_type,
        period_start,
        numerator,
        denominator,
        '{{ measured_as }}' as measured_as,
        cast({{ measured_as }} as double) as measured_value
    from {{ ref('kpi_results') }}
    where
        unit_type in ('city', 'district')
        and caliber = 'full'
        and (kpi_id, variant, period_type) in (
            select
                claims.kpi_id,
                claims.variant,
                claims.period_type
            from claims
        )
        and {{ measured_as }} is not null
        and verdict <> 'NOT_RATED'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked as (
    select
        *,
        case when unit_type = 'district' then unit_code else '' end as place_code,
        row_number() over (
            partition by kpi_id, variant, measured_as, unit_type, unit_code, period_type
            order by period_start desc
        ) as recency
    from figures
),

-- a claim without a period is set beside the newest figure of its kind of period
cells as (
    select
        *,
        period_start as claimed_start
    from ranked
    union all
    select
        *,
        cast('9999-12-31' as date) as claimed_start
    from ranked
    where recency = 1
),

-- places that stand now; a district's are those below it
places as (
    select
        place_level,
        '' as unit_code,
        count(*) as place_count
    from {{ ref('dim_places') }}
    where valid_to is null
    group by place_level
    union all
    select
        place_level,
        district_code as unit_code,
        count(*) as place_count
    from {{ ref('dim_places') }}
    where valid_to is null and district_code is not null
    group by place_level, district_code
),

sums as (
    select
        claims.claim_id,
        claims.value - sum(parts.value) as difference
    from claims
    inner join claims as parts
        on concat_ws('', ' ', claims.sum_of, ' ') like concat_ws('', '% ', parts.claim_id, ' %')
    group by claims.claim_id, claims.value
),

beside as (
    select
        claims.*,
        sums.difference,
        cells.period_start as measured_period_start,
        cells.numerator as measured_numerator,
        cells.denominator as measured_denominator,
        case when claims.measured_as = 'places' then places.place_count else cells.measured_value end as measured_value,
        others.value as ratio_base
    from claims
    left join cells
        on
            claims.kpi_id = cells.kpi_id
            and claims.variant = cells.variant
            and claims.measured_as = cells.measured_as
            and coalesce(claims.unit_code, '') = cells.place_code
            and claims.period_type = cells.period_type
            and coalesce(claims.period_start, cast('9999-12-31' as date)) = cells.claimed_start
    -- how many places stood in another year is not known here
    left join places
        on
            case when claims.measured_as = 'places' and claims.period_start is null then claims.variant end
            = places.place_level
            and coalesce(claims.unit_code, '') = places.unit_code
    left join claims as others
        on claims.ratio_to = others.claim_id
    left join sums
        on claims.claim_id = sums.claim_id
),

judged as (
    select
        *,
        case
            when duplicate_of is not null then 'duplicate'
            when not is_definition_known then 'definition_missing'
            -- a sum that misses a hundredth or more of itself does not hold
            when abs(difference) >= 0.01 * value then 'contradicted'
            when difference = 0 then 'reproduced'
            when ratio_base is not null and value / nullif(ratio_base, 0) not between ratio_low and ratio_high
                then 'contradicted'
            when measured_value is not null and bound = '>=' and measured_value >= value then 'reproduced'
            when measured_value is not null and bound <> '>=' and abs(measured_value - value) <= coalesce(tolerance, 0)
                then 'reproduced'
            -- only a figure of the claimed period can contradict it
            when measured_value is not null and period_start is not null then 'contradicted'
            when measured_value is null and ratio_low = ratio_high and ratio_base is not null then 'reproduced'
            else 'not_reproducible'
        end as status
    from beside
)

select
    claim_id,
    claim_row,
    system_zh,
    figure_zh,
    bound,
    value,
    unit,
    period_type,
    period_start,
    duplicate_of,
    ratio_to,
    {{ rounded('value / nullif(ratio_base, 0)', 4) }} as ratio,
    sum_of,
    {{ rounded('difference', 4) }} as difference,
    kpi_id,
    variant,
    measured_as,
    unit_code,
    measured_period_start,
    measured_numerator,
    measured_denominator,
    measured_value,
    status,
    case status
        when 'reproduced' then '可重现'
        when 'not_reproducible' then '无法重现'
        when 'definition_missing' then '定义缺失'
        when 'contradicted' then '矛盾'
        when 'duplicate' then '重复'
    end as status_zh,
    case
        when difference <> 0 and abs(difference) < 0.01 * value
            then concat_ws(
                '',
                '部分可解释，差 ', cast(round(difference, 0) as integer),
                case when note_zh is null then '' else concat_ws('', '；', note_zh) end
            )
        else note_zh
    end as note_zh
from judged
