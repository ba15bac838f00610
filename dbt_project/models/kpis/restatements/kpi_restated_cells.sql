-- One row per cell of a period that was over which readers see otherwise than in the release before: changed, added or
-- gone. A carried cell is no change, nor is the first cell of a grain that was never published.
-- What is or was hidden stays hidden, by verdict.
-- depends_on: {{ ref('kpi_periods_to_judge') }}
{% set key = cell_key() %}
with releases as (
    select * from {{ source('raw', 'previous_release') }}
),

contract as (
    select * from {{ ref('kpi_contract') }}
),

before as (
    select
        {{ key | join(',\n        ') }},
        period_end,
        {{ unless_hidden('numerator', 'verdict') }} as numerator,
        {{ unless_hidden('denominator', 'verdict') }} as denominator,
        {{ unless_hidden('value', 'verdict') }} as value,
        verdict,
        rule_id,
        contract_version,
        -- a period without its first days is provisional for good, and over all the same
        is_provisional and coalesce(is_covered, true) as is_running,
        coalesce(is_covered, true) as is_covered
    from {{ source('raw', 'previous_kpi_results') }} as cells
    where {{ may_differ_from_release('cells') }}
),

shown as (
    select
        {{ key | join(',\n        ') }},
        period_end,
        {{ unless_hidden('numerator', 'verdict') }} as numerator,
        {{ unless_hidden('denominator', 'verdict') }} as denominator,
        {{ unless_hidden('value', 'verdict') }} as value,
        verdict,
        rule_id,
        contract_version,
        is_provisional and coalesce(is_covered, true) as is_running,
        is_stale
    from {{ ref('kpi_results') }} as cells
    where {{ may_differ_from_release('cells') }} and exists (select 1 from releases)
),

grains as (
    select
        kpi_id,
        variant,
        unit_type,
        period_type
    from {{ source('raw', 'previous_kpi_published_since') }}
),

paired as (
    select
        {% for column in key -%}
        coalesce(shown.{{ column }}, before.{{ column }}) as {{ column }},
        {% endfor -%}
        coalesce(shown.period_end, before.period_end) as period_end,
        before.numerator as numerator_before,
        shown.numerator as numerator_now,
        before.denominator as denominator_before,
        shown.denominator as denominator_now,
        before.value as value_before,
        shown.value as value_now,
        before.verdict as verdict_before,
        shown.verdict as verdict_now,
        before.rule_id as rule_id_before,
        shown.rule_id as rule_id_now,
        before.contract_version as contract_version_before,
        shown.contract_version as contract_version_now,
        before.is_running as was_running,
        before.is_covered as was_covered,
        coalesce(shown.is_running, false) as is_running,
        coalesce(shown.is_stale, false) as is_stale,
        (
            before.numerator is distinct from shown.numerator
            or before.denominator is distinct from shown.denominator
            or before.value is distinct from shown.value
        ) as is_figure_changed
    from shown
    full outer join before
        on
            {% for column in key -%}
            shown.{{ column }} = before.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
)

select
    {% for column in key -%}
    paired.{{ column }},
    {% endfor -%}
    paired.period_end,
    case
        when paired.verdict_before is null then 'added'
        when paired.verdict_now is null then 'gone'
        else 'changed'
    end as difference,
    paired.numerator_before,
    paired.numerator_now,
    paired.denominator_before,
    paired.denominator_now,
    paired.value_before,
    paired.value_now,
    paired.verdict_before,
    paired.verdict_now,
    paired.rule_id_before,
    paired.rule_id_now,
    paired.contract_version_before,
    paired.contract_version_now,
    paired.is_figure_changed
from paired
cross join releases
left join contract
    on paired.kpi_id = contract.kpi_id and paired.variant = contract.variant
left join grains
    on
        paired.kpi_id = grains.kpi_id
        and paired.variant = grains.variant
        and paired.unit_type = grains.unit_type
        and paired.period_type = grains.period_type
where
    not paired.is_stale
    and (
        paired.is_figure_changed
        or (
            (
                paired.verdict_before is distinct from paired.verdict_now
                or paired.rule_id_before is distinct from paired.rule_id_now
            )
            -- a note that the source was absent, which went with its return
            and not (
                coalesce(paired.rule_id_before, '') = 'L4-KPI-005'
                and coalesce(paired.verdict_now, '') in ('PUBLISHED', 'PUBLISHED_WITH_NOTE')
            )
        )
    )
    -- no cell, and one that says that nothing came, say the same
    and not (
        (paired.verdict_before is null or paired.verdict_now is null)
        and coalesce(paired.rule_id_before, paired.rule_id_now) = 'L4-KPI-006'
    )
    -- final before; what had no cell, though its grain had, was nothing once its time was over
    and case
        when paired.verdict_before is not null
            then not paired.was_running
            and (
                paired.was_covered
                or {{ dbt.dateadd('day', 'contract.settle_days', 'paired.period_end') }} <= releases.business_date
            )
        else
            grains.kpi_id is not null
            and not paired.is_running
            and {{ dbt.dateadd('day', 'contract.settle_days', 'paired.period_end') }} <= releases.business_date
    end
