-- One row per period, unit and caliber: grids by size, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_days_passed'))) }}") }}
{{ roll_up_periods(
    ref('agg_grids_by_unit_day'), ref('int_days_passed'),
    measures=[
        'grid_count',
        'conforming_count',
    ], of_last_day=true
) }}
