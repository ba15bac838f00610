-- One row per period, unit and caliber: residents within reach of a point, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_days_passed'))) }}") }}
{{ roll_up_periods(
    ref('agg_residents_by_unit_day'), ref('int_days_passed'),
    measures=[
        'resident_count',
        'reached_count',
        'cluster_count',
    ], of_last_day=true
) }}
