-- One row per period, unit and caliber: order counts, summed.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_order_days_to_count'))) }}") }}
{{ roll_up(
    ref('fct_orders_by_day'), ref('int_order_days_to_count'),
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('unit', 'unit_code')],
    measures=[
        'created_count',
        'merged_count',
        'withdrawn_count',
        'reply_due_count',
        'replied_count',
        'due_count',
        'on_time_count',
        'late_count',
        'overdue_open_count',
        'closed_count',
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
