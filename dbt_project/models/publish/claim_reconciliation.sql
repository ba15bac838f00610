-- One row per figure of a published account: what becomes of it beside the figures of this release. `minhu claims
-- --file` runs this same statement over another account's figures, so it uses nothing but ref() and plain SQL.
with claims as (
    select * from {{ ref('claims') }}
),

-- a claim without a period is set beside the newest figure of its kind of period
cells as (
    select
        kpi_id,
        variant,
        period_type,
        period_start,
        numerator,
        denominator,
        value,
        verdict,
        row_number() over (partition by kpi_id, variant, period_type order by period_start desc) as recency
    from {{ ref('kpi_results') }}
    where unit_type = 'city' and caliber = 'full' and value is not null
),

sums as (
    select
        claims.claim_id,
        claims.value - sum(parts.value) as difference
    from claims
    inner join claims as parts
        on concat(' ', claims.sum_of, ' ') like concat('% ', parts.claim_id, ' %')
    group by claims.claim_id, claims.value
),

beside as (
    select
        claims.*,
        sums.difference,
        cells.period_start as measured_period_start,
        cells.numerator as measured_numerator,
        cells.denominator as measured_denominator,
        cells.value as measured_value,
        others.value as ratio_base
    from claims
    left join cells
        on
            claims.kpi_id = cells.kpi_id
            and claims.variant = cells.variant
            and claims.period_type = cells.period_type
            and (claims.period_start = cells.period_start or (claims.period_start is null and cells.recency = 1))
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
            when ratio_base is not null and value / ratio_base not between ratio_low and ratio_high then 'contradicted'
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
    round(value / ratio_base, 4) as ratio,
    sum_of,
    round(difference, 4) as difference,
    kpi_id,
    variant,
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
            then concat(
                '部分可解释，差 ', cast(round(difference, 0) as integer),
                case when note_zh is null then '' else concat('；', note_zh) end
            )
        else note_zh
    end as note_zh
from judged
