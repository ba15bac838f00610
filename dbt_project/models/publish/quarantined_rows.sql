-- One row per record in quarantine: which, why and where, by business key.
with quarantined as (
    {% for table_name, relation, key in [
        ('hotline.work_orders', ref('quarantine_work_orders'), 'order_id'),
        ('hotline.calls', ref('quarantine_calls'), 'call_id'),
        ('grid.events', ref('quarantine_grid_events'), 'event_id'),
        ('stations.cases', ref('quarantine_cases'), 'case_id'),
    ] %}
    select
        '{{ table_name }}' as table_name,
        {{ key }} as record_key,
        rule_id,
        district_code,
        street_code,
        record_date,
        landed_date
    from {{ relation }}
    union all
    {% endfor %}
    select
        table_name,
        record_key,
        rule_id,
        district_code,
        street_code,
        record_date,
        landed_date
    from {{ ref('quarantine_returns') }}
)

select
    quarantined.table_name,
    quarantined.record_key,
    quarantined.rule_id,
    rules.reason,
    rules.reason_zh,
    quarantined.district_code,
    quarantined.street_code,
    quarantined.record_date,
    quarantined.landed_date
from quarantined
left join {{ ref('record_rules') }} as rules
    on quarantined.rule_id = rules.rule_id
