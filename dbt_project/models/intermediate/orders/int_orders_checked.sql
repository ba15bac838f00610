-- One row per order to judge again, with its places by the borders of the day it was created, its deciding call-back
-- and the first record rule it breaks.
{{ config(materialized='view') }}
with orders as (
    select
        *,
        {{ place_date('created_at') }} as place_date
    from {{ ref('int_orders_latest') }}
    where
        order_id in (select order_id from {{ ref('int_orders_changed') }})
        and not {{ is_gone('status') }}
),

-- the unit responsible at the last closing, which a later reroute cannot change
closings as (
    select
        order_id,
        unit_code as closing_unit_code,
        row_number() over (partition by order_id order by occurred_at desc, event_id desc) as recency
    from {{ ref('int_order_steps_latest') }}
    where
        event_type = 'close'
        and unit_code is not null
        and order_id in (select closed.order_id from orders as closed)
),

joined as (
    select
        orders.*,
        communities.place_code as known_community_code,
        streets.place_code as known_street_code,
        coalesce(streets.street_code, communities.street_code) as resolved_street_code,
        coalesce(streets.district_code, communities.district_code) as resolved_district_code,
        units.unit_code as known_unit_code,
        case when orders.closed_at is not null then closings.closing_unit_code end as closing_unit_code,
        callbacks.called_at as callback_at,
        callbacks.is_contacted,
        callbacks.is_resolved,
        callbacks.satisfaction,
        claims.order_id as claimed_order_id,
        claims.is_claimed_on_time,
        claims.claimed_at,
        claims.claim_role,
        movements.first_dispatched_at,
        coalesce(movements.return_count, 0) as return_count,
        coalesce(movements.tier_relaxation_count, 0) as tier_relaxation_count,
        coalesce(movements.hop_count, 0) as hop_count,
        deadlines.rule_unpaused_due_at,
        deadlines.rule_paused_due_at,
        coalesce(deadlines.is_unpaused_calendar_assumed, false) as is_unpaused_calendar_assumed,
        coalesce(deadlines.is_paused_calendar_assumed, false) as is_paused_calendar_assumed
    from orders
    left join {{ ref('dim_place_versions') }} as communities
        on
            orders.community_code = communities.place_code
            and {{ stands_on('communities', 'orders.place_date') }}
    left join {{ ref('dim_place_versions') }} as streets
        on
            orders.street_code = streets.place_code
            and {{ stands_on('streets', 'orders.place_date') }}
    left join {{ ref('dim_units') }} as units
        on orders.unit_code = units.unit_code
    left join closings
        on orders.order_id = closings.order_id and closings.recency = 1
    left join {{ ref('int_callbacks_deciding') }} as callbacks
        on orders.order_id = callbacks.order_id
    left join {{ ref('int_order_claims_latest') }} as claims
        on
            orders.order_id = claims.order_id
            and not {{ is_gone('claims.claim_role') }}
    left join {{ ref('int_order_movements') }} as movements
        on orders.order_id = movements.order_id
    left join {{ ref('int_order_deadlines') }} as deadlines
        on orders.order_id = deadlines.order_id
)

select
    *,
    {{ first_broken_rule([
        ('L2-HOT-001', 'created_at is null'),
        ('L2-HOT-002', is_implausible('created_at') ~ ' or ' ~ is_implausible('due_at') ~ ' or '
            ~ is_implausible('replied_at') ~ ' or ' ~ is_implausible('closed_at')),
        ('L2-HOT-003', 'created_at > ' ~ as_of() ~ ' or replied_at > ' ~ as_of() ~ ' or closed_at > ' ~ as_of()),
        ('L2-HOT-004', 'closed_at < created_at or replied_at < created_at'),
        ('L2-HOT-005', 'due_at < created_at'),
        ('L2-HOT-006', "status is null or status not in ('open', 'suspended', 'closed', 'final')"),
        ('L2-HOT-007', "status = 'closed' and closed_at is null and claimed_order_id is null"),
        ('L2-HOT-008', "status <> 'closed' and closed_at is not null"),
        ('L2-HOT-009', '(community_code is not null and known_community_code is null)'
            ~ ' or (street_code is not null and known_street_code is null)'),
        ('L2-HOT-010', 'unit_code is not null and known_unit_code is null'),
        ('L2-HOT-011', "assessment_scope is null or assessment_scope not in ('three_rate', 'response_only', 'excluded')"),
    ]) }} as broken_rule_id
from joined
