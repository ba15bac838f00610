-- One row per order to judge again: something of it changed since the last build, a later order of the same matter did
-- (重复诉求), or either lay ahead of the night; with the days in which it counted until now.
-- depends_on: {{ ref('kpi_parameters') }}
{% set held = adapter.get_relation(database=this.database, schema='intermediate', identifier='int_orders_latest')
    if execute else none %}
with changed as (
    {{ changed_keys(ref('stg_hotline__work_orders'), 'order_id', 'int_orders_latest') }}
),

to_judge as (
    select order_id from changed
    union
    {{ changed_keys(ref('stg_hotline__callbacks'), 'order_id', 'int_callbacks_latest', row_key='callback_id') }}
    union
    {{ changed_keys(
        ref('stg_hotline__order_events'), 'order_id', 'int_order_steps_latest', row_key='event_id', only=is_counted_step()
    ) }}
    union
    {{ changed_keys(ref('stg_hotline__order_claims'), 'order_id', 'int_order_claims_latest') }}
    union
    {{ seen_ahead_of_time('order_id', 'int_callbacks_latest', 'called_at') }}
    union
    {{ seen_ahead_of_time('order_id', 'int_order_steps_latest', 'occurred_at') }}
    union
    {{ held_in_quarantine('quarantine_work_orders', 'order_id', ref('stg_hotline__work_orders')) }}
    {% if held and not flags.FULL_REFRESH %}
    union
    select earlier.order_id
    from {{ held }} as earlier
    inner join (
        select
            caller_key,
            category_code,
            created_at
        from {{ ref('stg_hotline__work_orders') }}
        where load_no > {{ var('built_load_no') }} and order_id in (select order_id from changed)
        union all
        select
            caller_key,
            category_code,
            created_at
        from {{ held }}
        where
            order_id in (select order_id from changed)
            or order_id in (
                {{ held_in_quarantine('quarantine_work_orders', 'order_id', ref('stg_hotline__work_orders')) }}
            )
    ) as later
        on
            earlier.caller_key = later.caller_key
            and earlier.category_code = later.category_code
            and earlier.closed_at < later.created_at
            and later.created_at <= {{ repeat_window_end('earlier.closed_at') }}
    {% endif %}
)

{{ with_days_until_now('to_judge', 'fct_work_orders', 'order_id', order_dates()) }}
