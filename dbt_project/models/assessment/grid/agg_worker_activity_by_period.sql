-- One row per period, unit and caliber: registered and active accounts, summed over days.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_activity_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_worker_activity_by_unit_day'), ref('int_activity_days_to_count'),
    measures=[
        'registered_count',
        'active_count',
    ]
) }}
