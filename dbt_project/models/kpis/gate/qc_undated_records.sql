-- One row per record rule, day by which KPIs count (anchor), unit and period that a delivery covers: how many of the
-- delivery's quarantined records of unknown day are to be expected there, in proportion to the good ones.
{% set rows_of = ['anchor', 'table_name', 'rule_id', 'unit_type', 'unit_code', 'from_day', 'to_day'] %}
with undated as (
    select
        {{ rows_of | join(',\n        ') }},
        count(*) as record_count,
        min(record_key) as first_key
    from {{ ref('qc_quarantined_days') }}
    where from_day < to_day
    group by {{ rows_of | join(', ') }}
),

spans as (
    select distinct -- several rules
        anchor,
        table_name,
        unit_type,
        unit_code,
        from_day,
        to_day
    from undated
),

good as (
    {% for entity in anchored_tables() %}
    select
        spans.anchor,
        spans.unit_type,
        spans.unit_code,
        spans.from_day,
        spans.to_day,
        counts.day,
        {{ of_anchor(entity, 'counted') }} as record_count
    from {{ entity.day_counts }} as counts
    inner join spans
        on
            counts.unit_type = spans.unit_type
            and counts.unit_code = spans.unit_code
            and counts.day between spans.from_day and spans.to_day
    inner join {{ anchors_of(entity) }}
        on spans.anchor = anchors.anchor
    where counts.caliber = 'full'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

totals as (
    select
        anchor,
        unit_type,
        unit_code,
        from_day,
        to_day,
        sum(record_count) as record_count
    from good
    group by anchor, unit_type, unit_code, from_day, to_day
    having sum(record_count) > 0
),

shares as (
    select
        good.anchor,
        good.unit_type,
        good.unit_code,
        good.from_day,
        good.to_day,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        cast(sum(good.record_count) as double) / nullif(max(totals.record_count), 0) as share
    from good
    inner join totals
        on
            good.anchor = totals.anchor
            and good.unit_type = totals.unit_type
            and good.unit_code = totals.unit_code
            and good.from_day = totals.from_day
            and good.to_day = totals.to_day
    inner join {{ ref('bridge_days_periods') }} as periods
        on good.day = periods.day
    where good.record_count > 0
    group by
        good.anchor, good.unit_type, good.unit_code, good.from_day, good.to_day, periods.period_type,
        periods.period_start, periods.period_end
    union all
    -- of a unit without one good record nobody knows more than when they were told
    select
        spans.anchor,
        spans.unit_type,
        spans.unit_code,
        spans.from_day,
        spans.to_day,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        1 as share
    from spans
    left join totals
        on
            spans.anchor = totals.anchor
            and spans.unit_type = totals.unit_type
            and spans.unit_code = totals.unit_code
            and spans.from_day = totals.from_day
            and spans.to_day = totals.to_day
    inner join {{ ref('bridge_days_periods') }} as periods
        on spans.to_day = periods.day
    where totals.anchor is null
)

select
    undated.anchor,
    undated.table_name,
    undated.rule_id,
    undated.unit_type,
    undated.unit_code,
    shares.period_type,
    shares.period_start,
    shares.period_end,
    -- a decimal, whose sums do not depend on their order
    sum(cast(undated.record_count * shares.share as decimal(18, 4))) as expected_count,
    min(undated.first_key) as first_key
from undated
inner join shares
    on
        undated.anchor = shares.anchor
        and undated.unit_type = shares.unit_type
        and undated.unit_code = shares.unit_code
        and undated.from_day = shares.from_day
        and undated.to_day = shares.to_day
group by
    undated.anchor, undated.table_name, undated.rule_id, undated.unit_type, undated.unit_code, shares.period_type,
    shares.period_start, shares.period_end
