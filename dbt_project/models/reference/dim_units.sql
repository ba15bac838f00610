-- One row per responsible unit (承办单位).
select
    unit_code,
    unit_name,
    unit_kind,
    place_code,
    parent_code,
    valid_from,
    valid_to
from {{ ref('stg_hotline__units') }}
