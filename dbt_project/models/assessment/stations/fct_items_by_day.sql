-- One row per day, unit and caliber: personal items of the list of that day and those done at a street, a community or
-- a machine.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('items') }}") }}
with items as (
    select
        days.day,
        {{ count_where('items.is_personal') }} as personal_item_count,
        {{ count_where(
            "items.is_personal and items.lowest_level in ('street', 'community', 'self_service')"
        ) }} as local_item_count
    from {{ ref('int_days_to_count') }} as days
    inner join {{ ref('dim_item_versions') }} as items
        on {{ stands_on('items', 'days.day') }}
    where days.count_model = 'items'
    group by days.day
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        day,
        '{{ caliber }}' as caliber,
        personal_item_count,
        local_item_count
    from items
    where personal_item_count > 0
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
