{#
  What is counted of orders, once for the models that sum it by unit and by what an order is about.

  Common table expressions `anchored`, `calibers`, `judged`: each order of the expression `orders` once per day it counts by
  (anchor) and caliber, with what decides whether it counts. The caller says which values of a day are counted.
    anchors  {name: column of the day}
#}
{% macro judged_orders(anchors) -%}
anchored as (
    -- each order is read once: a list of it for every anchor would be held in memory, with all its columns
    select *
    from (
        select
            orders.*,
            anchors.anchor,
            case anchors.anchor
                {% for anchor, day in anchors.items() -%}
                when '{{ anchor }}' then orders.{{ day }}
                {% endfor -%}
            end as day
        from orders
        cross join (values ('{{ anchors | join("'), ('") }}')) as anchors (anchor)
    ) as days_of_orders
    where {{ caller('day') }}
),

calibers as (
    select
        anchored.*,
        calibers.caliber,
        calibers.caliber = 'full' or anchored.assessment_scope <> 'response_only' as is_rated
    from anchored
    cross join (values ('full'), ('assessed')) as calibers (caliber)
    where calibers.caliber = 'full' or anchored.assessment_scope <> 'excluded'
),

judged as (
    select
        *,
        -- merged and withdrawn orders leave the due set; a deadline after as_of is not yet due
        anchor = 'due'
        and not is_merged
        and not is_withdrawn
        and due_at < {{ as_of() }}
        and coalesce(claim_role, '') <> 'definition' as is_due,
        anchor = 'immediate_due'
        and not is_merged
        and not is_withdrawn
        and immediate_due_at < {{ as_of() }} as is_immediate_due,
        anchor = 'claim'
        and claim_role = 'definition'
        and is_claimed_on_time is not null
        and not is_merged
        and not is_withdrawn as is_due_by_claim,
        anchor = 'unpaused_due'
        and not is_merged
        and not is_withdrawn
        and rule_unpaused_due_at < {{ as_of() }} as is_unpaused_due,
        anchor = 'paused_due'
        and not is_merged
        and not is_withdrawn
        and rule_paused_due_at < {{ as_of() }} as is_paused_due
    from calibers
)
{%- endmacro %}

{# What decides whether a row of `judged` counts. A duplicate is solved with the order it was merged into, never by itself. #}
{% macro order_condition(name) -%}
    {{ {
        'created_count': "anchor = 'created'",
        'due_count': "is_due or is_due_by_claim",
        'on_time_count': "(is_due and closed_at <= due_at) or (is_due_by_claim and is_claimed_on_time)",
        'rated_callback_count': "anchor = 'callback' and is_rated",
        'resolved_count': "anchor = 'callback' and is_rated and is_resolved and not is_merged",
        'satisfied_count': "anchor = 'callback' and is_rated and satisfaction in ('very_satisfied', 'satisfied')",
        'basically_satisfied_count': "anchor = 'callback' and is_rated and satisfaction = 'basically_satisfied'",
    }[name] }}
{%- endmacro %}

{# The sum of a measure over rows of `judged`. #}
{% macro order_measure(name) -%} {{ count_where(order_condition(name)) }} {%- endmacro %}

{# What an order is about: breakdown to the column of the order. #}
{% macro order_breakdowns() -%}
    {{ return({
        'category': 'category_code', 'demand_type': 'demand_type', 'tier': 'tier', 'channel': 'channel',
    }) }}
{%- endmacro %}
