-- One row per companion, unit and month: what an auditor reads beside the rates (伴随指标). Never ranked, never scored.
-- What would tell a small number or a figure that is hidden or withheld is left empty, and says by which rule.
with companions as (
    select
        *,
        case companion
            when 'orders_per_10k_residents' then 'H04'
            when 'invalid_callback_share' then 'H07'
            when 'satisfaction_with_invalid_answers' then 'H09'
            else 'H06'
        end as kpi_id
    from {{ ref('kpi_companions') }}
),

-- the rate beside it: where that lacks records, so does the companion; where it is hidden, so is what its counts tell
rates as (
    select
        kpi_id,
        unit_type,
        unit_code,
        period_start as month_start,
        min(case when verdict = 'WITHHELD' and caliber = 'full' then rule_id end) as withheld_by,
        min(case when verdict = 'WITHHELD' and caliber = 'full' then reason end) as withheld_for,
        min(case when verdict = 'WITHHELD' then rule_id end) as either_withheld_by,
        min(case when verdict = 'WITHHELD' then reason end) as either_withheld_for,
        max(case when verdict = 'SUPPRESSED' and caliber = 'full' then 1 else 0 end) = 1 as is_hidden,
        max(case when verdict = 'SUPPRESSED' then 1 else 0 end) = 1 as is_either_hidden
    from {{ ref('kpi_results') }}
    where kpi_id in ('H04', 'H06', 'H07', 'H09') and variant = 'main' and period_type = 'month'
    group by kpi_id, unit_type, unit_code, period_start
),

complements as (
    select * from {{ ref('kpi_complements') }}
),

small as (
    select
        companions.companion,
        companions.unit_type,
        companions.unit_code,
        companions.month_start,
        case
            when complements.role = 'exposed' then 'L4-KPI-010'
            when companions.denominator < {{ disclosure_floor() }} then 'L4-KPI-003'
            when complements.role = 'complement' then 'L4-KPI-009'
        end as rule_id
    from companions
    left join complements
        on
            companions.companion = complements.kpi_id
            and companions.unit_type = complements.unit_type
            and companions.unit_code = complements.unit_code
            and companions.month_start = complements.period_start
    where companions.companion not in ({{ companions_of_shown_counts() }})
),

joined as (
    select
        companions.*,
        small.rule_id as small_by,
        -- only the lift is made of both calibers
        case companions.companion when 'exclusion_lift_pp' then rates.either_withheld_by else rates.withheld_by end
            as withheld_by,
        case companions.companion when 'exclusion_lift_pp' then rates.either_withheld_for else rates.withheld_for end
            as withheld_for,
        case companions.companion
            when 'exclusion_lift_pp' then coalesce(rates.is_either_hidden, false)
            when 'satisfaction_with_invalid_answers'
                then coalesce(rates.is_hidden, false) or invalid.rule_id is not null
            else false
        end as is_told_by_others
    from companions
    left join rates
        on
            companions.kpi_id = rates.kpi_id
            and companions.unit_type = rates.unit_type
            and companions.unit_code = rates.unit_code
            and companions.month_start = rates.month_start
    left join small
        on
            companions.companion = small.companion
            and companions.unit_type = small.unit_type
            and companions.unit_code = small.unit_code
            and companions.month_start = small.month_start
    -- both bounds together tell how many answers were set aside
    left join small as invalid
        on
            case when companions.companion = 'satisfaction_with_invalid_answers' then 'invalid_callback_share' end
            = invalid.companion
            and companions.unit_type = invalid.unit_type
            and companions.unit_code = invalid.unit_code
            and companions.month_start = invalid.month_start
),

decided as (
    select
        *,
        case
            when withheld_by is not null then withheld_by
            when small_by is not null then small_by
            when is_told_by_others then 'L4-KPI-009'
            else ''
        end as rule_id
    from joined
)

{% set columns = {
    'companion': none, 'unit_type': none, 'unit_code': none, 'month_start': none, 'numerator': "decided.rule_id = ''",
    'denominator': 'decided.withheld_by is null', 'value': "decided.rule_id = ''", 'value_low': "decided.rule_id = ''",
    'value_high': "decided.rule_id = ''",
} %}
select
    {% for column, condition in columns.items() -%}
    {{ 'case when ' ~ condition ~ ' then ' if condition }}decided.{{ column }}{{ ' end as ' ~ column if condition }},
    {% endfor -%}
    decided.rule_id = '' as is_shown,
    decided.rule_id,
    coalesce(rules.reason_zh, decided.withheld_for, '') as reason
from decided
left join {{ ref('gate_rules') }} as rules
    on decided.rule_id = rules.rule_id
where not {{ is_blocked('H06') }}
union all
select
    {{ columns | join(',\n    ') }},
    is_shown,
    rule_id,
    reason
from {{ source('raw', 'previous_integrity_companions') }}
where {{ is_blocked('H06') }}
