-- One row per day in which a changed order counted until now.
{{ days_of_rows_about_to_change(
    'fct_work_orders', 'order_id', ref('int_orders_changed'),
    ['created_date', 'dispatched_date', 'due_date', 'rule_unpaused_due_date', 'rule_paused_due_date', 'closed_date',
        'callback_date', 'claim_date', 'immediate_due_date']
) }}
