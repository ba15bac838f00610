-- One row per day since the last build, from the first delivery on: days on which stocks (grids, items) stand.
with deliveries as (
    select min(business_date) as first_date from {{ source('raw', 'loads') }}
)

select days.day
from {{ ref('dim_days') }} as days
inner join deliveries
    on days.day between deliveries.first_date and {{ business_date() }}
{% if var('built_load_no') | int > 0 %}
where days.day > cast('{{ var("previous_business_date") }}' as date)
{% endif %}
