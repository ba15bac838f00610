-- One row per day, unit and caliber: additive counts of orders; channels (渠道) are a kind of unit here. An order counts
-- by several of its days (anchors): created, dispatched, due by any of three clocks, closed, called back, claimed.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('orders') }}") }}
with orders as (
    select
        orders.*,
        repeats.order_id is not null as is_repeated
    from {{ ref('fct_work_orders') }} as orders
    left join {{ ref('fct_order_repeats') }} as repeats
        on orders.order_id = repeats.order_id
),

{% call(day) judged_orders({
    'created': 'created_date', 'dispatched': 'dispatched_date', 'due': 'due_date',
    'unpaused_due': 'rule_unpaused_due_date', 'paused_due': 'rule_paused_due_date', 'closed': 'closed_date',
    'callback': 'callback_date', 'claim': 'claim_date', 'immediate_due': 'immediate_due_date',
}) -%} {{ in_days_to_count('orders', day) }} {%- endcall %},

-- not summed before they are rolled up: of most days, communities, units and channels there is one order
counted as (
    select
        day,
        district_code,
        street_code,
        community_code,
        unit_code,
        coalesce(channel, '') as channel,
        caliber,
        {{ counts_where(order_condition('created_count')) }} as created_count,
        {{ counts_where("anchor = 'created' and is_merged") }} as merged_count,
        {{ counts_where("anchor = 'created' and is_withdrawn and not is_merged") }} as withdrawn_count,
        {{ counts_where(
            "anchor = 'created' and status in ('closed', 'final') and not is_merged and not is_withdrawn"
        ) }} as created_closed_count,
        {{ counts_where(
            "anchor = 'created' and status not in ('closed', 'final') and not is_merged and not is_withdrawn"
        ) }} as created_open_count,
        {{ counts_where("is_due") }} as reply_due_count,
        {{ counts_where("is_due and replied_at is not null") }} as replied_count,
        {{ counts_where(order_condition('due_count')) }} as due_count,
        {{ counts_where(order_condition('on_time_count')) }} as on_time_count,
        {{ counts_where(
            "(is_due and closed_at > due_at) or (is_due_by_claim and not is_claimed_on_time)"
        ) }} as late_count,
        {{ counts_where("is_due and closed_at is null and not is_over_at_unknown_time") }} as overdue_open_count,
        {{ counts_where("is_due and is_over_at_unknown_time") }} as untimed_count,
        {{ counts_where("is_due and closed_at is not null") }} as due_closed_count,
        {{ counts_where("is_due and is_rated and callback_date is not null") }} as due_called_back_count,
        {{ counts_where("is_due and is_rated and callback_date is not null and is_resolved") }} as due_resolved_count,
        {{ counts_where("is_immediate_due") }} as immediate_due_count,
        {{ counts_where("is_immediate_due and closed_at <= immediate_due_at") }} as immediate_on_time_count,
        {{ counts_where("is_due and tier = 'time_limited'") }} as limited_due_count,
        {{ counts_where("is_due and tier = 'time_limited' and closed_at <= due_at") }} as limited_on_time_count,
        {{ counts_where("anchor = 'dispatched' and is_tier_relaxed") }} as tier_relaxed_count,
        {{ counts_where("is_unpaused_due") }} as rule_unpaused_due_count,
        {{ counts_where("is_unpaused_due and closed_at <= rule_unpaused_due_at") }} as rule_unpaused_on_time_count,
        {{ counts_where("is_unpaused_due and is_unpaused_calendar_assumed") }} as rule_unpaused_assumed_count,
        {{ counts_where("is_paused_due") }} as rule_paused_due_count,
        {{ counts_where("is_paused_due and closed_at <= rule_paused_due_at") }} as rule_paused_on_time_count,
        {{ counts_where("is_paused_due and is_paused_calendar_assumed") }} as rule_paused_assumed_count,
        {{ counts_where("anchor = 'dispatched'") }} as dispatched_count,
        {{ counts_where("anchor = 'dispatched' and return_count > 0") }} as returned_count,
        case when anchor = 'dispatched' then hop_count else 0 end as hop_count,
        {{ counts_where("anchor = 'closed'") }} as closed_count,
        {{ counts_where("anchor = 'closed' and is_repeated") }} as repeated_count,
        {{ counts_where("anchor = 'closed' and is_callback_eligible") }} as eligible_count,
        {{ counts_where(
            "anchor = 'closed' and is_callback_eligible and callback_date is not null"
        ) }} as called_back_count,
        {{ counts_where("anchor = 'callback'") }} as callback_count,
        {{ counts_where("anchor = 'callback' and is_contacted") }} as contacted_count,
        {{ counts_where(order_condition('rated_callback_count')) }} as rated_callback_count,
        {{ counts_where(order_condition('resolved_count')) }} as resolved_count,
        {{ counts_where(order_condition('satisfied_count')) }} as satisfied_count,
        {{ counts_where(order_condition('basically_satisfied_count')) }} as basically_satisfied_count,
        {{ counts_where(
            "anchor = 'claim' and claim_role = 'beside' and is_claimed_on_time is not null"
        ) }} as claimed_count,
        {{ counts_where("anchor = 'claim' and claim_role = 'beside' and is_claimed_on_time") }} as claimed_on_time_count
    from judged
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('unit', 'unit_code'), ('channel', 'channel')],
    measures=[
        'created_count',
        'merged_count',
        'withdrawn_count',
        'created_closed_count',
        'created_open_count',
        'reply_due_count',
        'replied_count',
        'due_count',
        'on_time_count',
        'late_count',
        'overdue_open_count',
        'untimed_count',
        'due_closed_count',
        'due_called_back_count',
        'due_resolved_count',
        'immediate_due_count',
        'immediate_on_time_count',
        'limited_due_count',
        'limited_on_time_count',
        'tier_relaxed_count',
        'rule_unpaused_due_count',
        'rule_unpaused_on_time_count',
        'rule_unpaused_assumed_count',
        'rule_paused_due_count',
        'rule_paused_on_time_count',
        'rule_paused_assumed_count',
        'dispatched_count',
        'returned_count',
        'hop_count',
        'closed_count',
        'repeated_count',
        'eligible_count',
        'called_back_count',
        'callback_count',
        'contacted_count',
        'rated_callback_count',
        'resolved_count',
        'satisfied_count',
        'basically_satisfied_count',
        'claimed_count',
        'claimed_on_time_count',
    ]
) }}
