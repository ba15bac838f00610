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

{# Join condition: `versions` is how the thing stood on `day`. #}
{% macro stands_on(versions, day) -%}
    {{ versions }}.began_on <= {{ day }} and ({{ versions }}.ended_from is null or {{ day }} < {{ versions }}.ended_from)
{%- endmacro %}
