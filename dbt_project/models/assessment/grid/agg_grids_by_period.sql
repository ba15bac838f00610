-- One row per period, unit and caliber: grids by size, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('grids') }}") }}
{{ roll_up_periods(
    ref('fct_grids_by_day'), 'grids',
    measures=[
        'grid_count',
        'conforming_count',
    ], of_last_day=true
) }}
