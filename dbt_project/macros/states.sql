{#
  When each state of a thing began and ended, by the pictures in which it was first seen: the source's own valid_from
  where that moved with the state, else the day of the picture. The first state known stands for all time before it.
  `ended_from` is exclusive, null for the state that stands. A state that another of the same day replaced is left out.
#}
{% macro dated_states(states, key) %}
with begun as (
    select
        *,
        case
            when lag(seen_from) over (partition by {{ key }} order by seen_from, landed_attempt) is null
                then {{ first_day() }}
            when valid_from > lag(valid_from) over (partition by {{ key }} order by seen_from, landed_attempt)
                then valid_from
            else seen_from
        end as began_on
    from {{ states }}
    where is_listed
),

bounded as (
    select
        *,
        lead(began_on) over (partition by {{ key }} order by seen_from, landed_attempt) as ended_from
    from begun
)

select * from bounded
where ended_from is null or ended_from > began_on
{% endmacro %}

{#
  From when to when a list had a thing in each of its states, by the pictures in which that was first seen: nobody knows of a
  list before the first picture. `ended_from` is exclusive, null for what the list has now. A state that another of the same
  day replaced is left out.
    key  column, or columns, that a thing is known by
#}
{% macro listed_spans(states, key) %}
with bounded as (
    select
        *,
        seen_from as began_on,
        lead(seen_from) over (
            partition by {{ key if key is string else key | join(', ') }} order by seen_from, landed_attempt
        ) as ended_from
    from {{ states }}
)

select * from bounded
where is_listed and (ended_from is null or ended_from > began_on)
{% endmacro %}

{# Every thing that a list ever had, as the last picture that listed it has it. #}
{% macro last_listed(states, key) %}
with ranked as (
    select
        *,
        row_number() over (partition by {{ key }} order by seen_from desc, landed_attempt desc) as recency
    from {{ states }}
    where is_listed
)

select * from ranked
where recency = 1
{% endmacro %}

{# Join condition: `versions` is how the thing stood on `day`. #}
{% macro stands_on(versions, day) -%}
    {{ versions }}.began_on <= {{ day }} and {{ day }} < {{ end_of(versions ~ '.ended_from') }}
{%- endmacro %}

{#
  The day on which something ends, far away where none is known. A comparison with it may stand in an outer join; a condition
  with `or` would hold each row of one side against each of the other (tests/dbt/test_plans.py).
#}
{% macro end_of(column) -%}
    coalesce({{ column }}, cast('9999-12-31' as date))
{%- endmacro %}

{#
  The day by whose borders a record lies: that of `time`, and for one without a possible time, which will be quarantined and is
  weighed against its places, the day it landed.
#}
{% macro place_date(time) -%}
case
    when {{ local_date(time) }} between {{ first_day() }} and {{ business_date() }} then {{ local_date(time) }}
    else landed_date
end
{%- endmacro %}

{#
  Joins: the community and the street of a thing as they lay on `day`, as communities and streets. A thing lies where its
  community does; the street that it names itself counts where that is not known.
#}
{% macro join_places_of_day(thing, day) -%}
left join {{ ref('dim_place_versions') }} as communities
    on
        {{ thing }}.community_code = communities.place_code
        and {{ stands_on('communities', day) }}
left join {{ ref('dim_place_versions') }} as streets
    on
        {{ thing }}.street_code = streets.place_code
        and {{ stands_on('streets', day) }}
{%- endmacro %}

{# The last day of a span of months that begins with `start`. #}
{% macro last_day(start, months) -%}
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', months, start)) }} as date)
{%- endmacro %}
