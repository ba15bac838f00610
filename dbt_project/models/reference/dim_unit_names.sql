-- One row per kind of unit and code: the name that readers see.
{{ config(materialized='view') }}
select
    place_level as unit_type,
    place_code as unit_code,
    place_name as unit_name
from {{ ref('dim_places') }}
union all
select
    'unit' as unit_type,
    unit_code,
    unit_name
from {{ ref('dim_units') }}
union all
select
    'point' as unit_type,
    station_code as unit_code,
    station_name as unit_name
from {{ ref('dim_service_points') }}
