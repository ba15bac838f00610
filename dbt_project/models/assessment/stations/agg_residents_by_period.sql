-- One row per period, unit and caliber: residents within reach of a point, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('residents') }}") }}
{{ roll_up_periods(
    ref('fct_residents_by_day'), 'residents',
    measures=[
        'resident_count',
        'reached_count',
        'cluster_count',
    ], of_last_day=true
) }}
