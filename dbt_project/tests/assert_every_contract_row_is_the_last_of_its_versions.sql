-- Every KPI and variant stands in the contract with the last of its known versions; and there is a contract to look at.
{{ config(meta={'rule_id': 'L3-SEED-031', 'severity': 'block', 'table_name': 'kpi_contract'}) }}
with contract as (
    select * from {{ ref('kpi_contract') }}
),

ranked as (
    select
        kpi_id,
        variant,
        contract_version,
        row_number() over (partition by kpi_id, variant order by valid_from desc) as recency
    from {{ ref('kpi_contract_versions') }}
)

select
    'not the last version known' as problem,
    contract.kpi_id,
    contract.variant
from contract
left join ranked
    on
        contract.kpi_id = ranked.kpi_id
        and contract.variant = ranked.variant
        and contract.contract_version = ranked.contract_version
        and ranked.recency = 1
where ranked.kpi_id is null
union all
select
    'no contract was seen' as problem,
    '' as kpi_id,
    '' as variant
from (select count(*) as row_count from contract) as counted
where counted.row_count = 0
