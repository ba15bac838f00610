-- One row per day whose order counts are written again in this build.
{{ days_to_count_again(
    ref('int_order_days_before'), ref('fct_work_orders'), 'order_id', ref('int_orders_changed'),
    ['created_date', 'dispatched_date', 'due_date', 'rule_unpaused_due_date', 'rule_paused_due_date', 'closed_date',
        'callback_date', 'claim_date', 'immediate_due_date']
) }}
