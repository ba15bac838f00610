-- One row per day, unit and caliber: service items, summed over places.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_days_passed') ~ ')') }}") }}
{{ roll_up_units(
    ref('fct_items_by_day'), ref('int_days_passed'),
    levels=[],
    measures=[
        'personal_item_count',
        'local_item_count',
    ]
) }}
