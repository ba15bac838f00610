-- One row per period, unit and caliber: service items, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('items') }}") }}
{{ roll_up_periods(
    ref('fct_items_by_day'), 'items',
    measures=[
        'personal_item_count',
        'local_item_count',
    ], of_last_day=true
) }}
