-- One row per day and caliber: personal items of the newest list and those done at a street, a community or a machine.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, 'day in (select day from ' ~ ref('int_days_passed') ~ ')') }}") }}
with items as (
    select
        {{ count_where('is_personal') }} as personal_item_count,
        {{ count_where("is_personal and lowest_level in ('street', 'community', 'self_service')") }} as local_item_count
    from {{ ref('stg_stations__items') }}
)

{% for caliber in ['full', 'assessed'] %}
select
    days.day,
    '{{ caliber }}' as caliber,
    items.personal_item_count,
    items.local_item_count
from {{ ref('int_days_passed') }} as days
cross join items
where items.personal_item_count > 0
{{ 'union all' if not loop.last }}
{% endfor %}
