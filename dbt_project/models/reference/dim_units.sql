-- One row per responsible unit (承办单位).
select
    unit_code,
    name as unit_name,
    kind as unit_kind,
    place_code,
    parent_code,
    valid_from,
    valid_to
from {{ source('raw', 'hotline__units') }}
