-- One row per period, unit and caliber: addresses in grids, as on its last counted day.
{{ config(materialized='incremental', incremental_strategy='replace_where',
    replaces="{{ in_periods_to_count('addresses') }}") }}
{{ roll_up_periods(
    ref('fct_addresses_by_day'), 'addresses',
    measures=[
        'address_count',
        'covered_once_count',
        'covered_many_count',
    ], of_last_day=true
) }}
