-- One row per KPI, variant and version of its contract: from when it applied, and whether the series breaks there.
select
    kpi_id,
    variant,
    contract_version,
    valid_from,
    is_break,
    definition_sha256,
    meaning_zh,
    meaning_en
from {{ ref('kpi_contract_versions') }}
