-- One row per period, unit and caliber: addresses in grids, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='append',
    pre_hook="{{ clear(this, in_rebuilt_periods(ref('int_coverage_days_to_count'))) }}") }}
{{ roll_up_periods(
    ref('agg_addresses_by_unit_day'), ref('int_coverage_days_to_count'),
    measures=[
        'address_count',
        'covered_once_count',
        'covered_many_count',
    ], of_last_day=true
) }}
