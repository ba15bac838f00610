-- One row per day, unit and caliber: minutes and cases of self-service terminals.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('terminals') }}") }}
with terminals as (
    select
        *,
        service_date as day
    from {{ ref('fct_terminal_days') }}
    where {{ in_days_to_count('terminals', 'service_date') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        day,
        district_code,
        street_code,
        community_code,
        station_code,
        '{{ caliber }}' as caliber,
        cast(sum(planned_minutes) as integer) as planned_minutes,
        cast(sum(available_minutes) as integer) as available_minutes,
        cast(count(*) as integer) as device_days,
        cast(sum(case_count) as integer) as terminal_case_count
    from terminals
    group by
        day,
        district_code,
        street_code,
        community_code,
        station_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('community', 'community_code'), ('point', 'station_code')],
    measures=[
        'planned_minutes',
        'available_minutes',
        'device_days',
        'terminal_case_count',
    ]
) }}
