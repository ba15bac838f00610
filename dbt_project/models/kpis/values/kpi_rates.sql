-- One row per KPI, variant, unit, period and caliber: numerator, denominator, value and interval, before any verdict.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_publish() }}") }}
with counted as (
    {{ counted_rows(count_models(), ref('kpi_periods_to_count')) }}
)

select
    kpi_id,
    variant,
    unit_type,
    unit_code,
    period_type,
    period_start,
    period_end,
    caliber,
    {{ rated_columns() }}
from counted
