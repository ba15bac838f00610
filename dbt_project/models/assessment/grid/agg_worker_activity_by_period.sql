-- One row per period, unit and caliber: registered and active accounts, summed over days.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('worker_activity') }}") }}
{{ roll_up_periods(
    ref('fct_worker_activity_by_day'), 'worker_activity',
    measures=[
        'registered_count',
        'active_count',
    ]
) }}
