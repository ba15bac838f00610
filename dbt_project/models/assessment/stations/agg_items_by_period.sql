-- One row per period, unit and caliber: service items, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_days_passed'))) }}") }}
{{ roll_up_periods(
    ref('agg_items_by_unit_day'), ref('int_days_passed'),
    measures=[
        'personal_item_count',
        'local_item_count',
    ], of_last_day=true
) }}
