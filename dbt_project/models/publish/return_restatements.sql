-- One row per sheet and report period that was sent again: how the delivery in force differs from the one before it.
{% set most_samples = 10 %}
{% set order = 'partition by workbook, report_period order by delivered_on, landed_date, landed_attempt' %}
with landed as (
    select
        *,
        -- windows overlap: a file that landed again as it was is no new delivery; one that was mended in place is
        case
            when
                lag(delivered_on) over ({{ order }}) = delivered_on
                and lag(digest) over ({{ order }}) = digest
                then 0
            else 1
        end as is_another
    from {{ ref('stg_returns__deliveries') }}
),

numbered as (
    select
        *,
        sum(is_another) over ({{ order }} rows between unbounded preceding and current row) as delivery_number
    from landed
),

deliveries as (
    select
        *,
        row_number() over (
            partition by workbook, report_period, delivery_number
            order by landed_date desc, landed_attempt desc
        ) as recency,
        max(delivery_number) over (partition by workbook, report_period) as delivery_count,
        min(delivered_on) over (partition by workbook, report_period) as first_delivered_on
    from numbered
),

compared as (
    select
        *,
        delivery_number = delivery_count as is_in_force
    from deliveries
    where recency = 1 and delivery_count > 1 and delivery_number >= delivery_count - 1
),

sent as (
    select
        concat_ws('', 'returns.', returned.sheet) as table_name,
        compared.workbook,
        compared.report_period,
        compared.is_in_force,
        returned.row_number as place_in_sheet,
        returned.is_nameless,
        returned.record_key,
        returned.content
    from {{ ref('int_returned_rows') }} as returned
    inner join compared
        on
            returned.workbook = compared.workbook
            and returned.report_period = compared.report_period
            and returned.delivered_on = compared.delivered_on
            and returned.landed_date = compared.landed_date
            and returned.landed_attempt = compared.landed_attempt
),

-- a row without a full key is known only by all that it says
identified as (
    select
        *,
        case when is_nameless then content else '' end as said_instead
    from sent
),

-- of several rows about one thing the last of the sheet counts, as in the KPIs
ranked as (
    select
        *,
        row_number() over (
            partition by table_name, report_period, is_in_force, record_key, said_instead
            order by place_in_sheet desc
        ) as recency
    from identified
),

paired as (
    select
        table_name,
        workbook,
        report_period,
        record_key,
        said_instead,
        max(case when not is_in_force then content end) as content_before,
        max(case when is_in_force then content end) as content_now
    from ranked
    where recency = 1
    group by table_name, workbook, report_period, record_key, said_instead
),

judged as (
    select
        *,
        case
            when content_before is null then 'added'
            when content_now is null then 'removed'
            when content_before <> content_now then 'changed'
        end as difference
    from paired
),

placed as (
    select
        *,
        case when difference is not null then concat_ws('', record_key, ' ', difference) end as sample,
        row_number() over (
            partition by table_name, report_period, case when difference is null then 0 else 1 end
            order by record_key, said_instead
        ) as place
    from judged
),

summed as (
    select
        table_name,
        workbook,
        report_period,
        {{ count_where('content_before is not null') }} as rows_before,
        {{ count_where('content_now is not null') }} as rows_now,
        {{ count_where("difference = 'added'") }} as rows_added,
        {{ count_where("difference = 'removed'") }} as rows_removed,
        {{ count_where("difference = 'changed'") }} as rows_changed,
        concat_ws(
            ', '
            {%- for number in range(1, most_samples + 1) -%}
            , max(case when place = {{ number }} then sample end)
            {%- endfor -%}
        ) as sample_keys
    from placed
    group by table_name, workbook, report_period
)

select
    summed.table_name,
    summed.workbook,
    summed.report_period,
    in_force.first_delivered_on,
    earlier.delivered_on as previous_delivered_on,
    in_force.delivered_on,
    cast(in_force.delivery_count as integer) as delivery_count,
    summed.rows_before,
    summed.rows_now,
    summed.rows_added,
    summed.rows_removed,
    summed.rows_changed,
    summed.sample_keys
from summed
inner join compared as in_force
    on
        summed.workbook = in_force.workbook
        and summed.report_period = in_force.report_period
        and in_force.is_in_force
inner join compared as earlier
    on
        summed.workbook = earlier.workbook
        and summed.report_period = earlier.report_period
        and not earlier.is_in_force
