-- One row per day, unit and caliber: personal items of the newest list and those done at a street, a community or a
-- machine.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('items') }}") }}
with items as (
    select
        {{ count_where('is_personal') }} as personal_item_count,
        {{ count_where("is_personal and lowest_level in ('street', 'community', 'self_service')") }} as local_item_count
    from {{ ref('stg_stations__items') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        days.day,
        '{{ caliber }}' as caliber,
        items.personal_item_count,
        items.local_item_count
    from {{ ref('int_days_to_count') }} as days
    cross join items
    where days.count_model = 'items' and items.personal_item_count > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[],
    measures=[
        'personal_item_count',
        'local_item_count',
    ]
) }}
