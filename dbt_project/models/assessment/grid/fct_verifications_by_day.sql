-- One row per day, period type, unit and caliber: events verified on site, each once in every period in which it
-- was visited, on the first day of that; so sums over the days of a period are counts of distinct events.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_days_to_count('verifications') }}") }}
with visited as (
    select
        periods.period_type,
        periods.period_start,
        visits.*
    from {{ ref('fct_event_verification_days') }} as visits
    inner join {{ ref('bridge_days_periods') }} as periods
        on visits.verified_date = periods.day
    where {{ in_days_to_count('verifications', 'visits.verified_date') }}
),

counted as (
    {% for caliber in ['full', 'assessed'] %}
    select
        verified_date as day,
        period_type,
        district_code,
        street_code,
        unit_code,
        '{{ caliber }}' as caliber,
        {{ count_where('previous_verified_date is null or previous_verified_date < period_start') }} as verified_count,
        {{ count_where(
            'is_failed and (previous_failed_date is null or previous_failed_date < period_start)'
        ) }} as reworked_count
    from visited
    group by
        verified_date,
        period_type,
        district_code,
        street_code,
        unit_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ roll_up_units(
    'counted',
    levels=[('district', 'district_code'), ('street', 'street_code'), ('unit', 'unit_code')],
    measures=[
        'verified_count',
        'reworked_count',
    ], split_by=['counts.period_type']
) }}
