{#
  Where a moment stands on a rule's clock, so that time allowed and time paused are differences of positions.
    working_days   number of the last working day that has begun
    working_hours  working minutes that have passed
  `days` is dim_days joined on the local date of `moment`.
#}
{% macro clock_position(clock, moment, days) -%}
    case
        when {{ clock }} = 'working_days' then {{ days }}.workday_number
        when {{ days }}.is_workday
            then ({{ days }}.workday_number - 1) * {{ parameter('workday_minutes') }} + greatest(
                0,
                least(
                    {{ parameter('workday_minutes') }},
                    extract(hour from {{ moment }}) * 60 + extract(minute from {{ moment }})
                    - {{ parameter('workday_start_minutes') }}
                )
            )
        else {{ days }}.workday_number * {{ parameter('workday_minutes') }}
    end
{%- endmacro %}

{# Number of the working day in which a position lies. #}
{% macro workday_of_position(clock, position) -%}
    case
        when {{ clock }} = 'working_days' then {{ position }}
        else ceil({{ position }} / {{ parameter('workday_minutes') }})
    end
{%- endmacro %}

{# Local time of a position: the last second of its day, or the minute within office hours. #}
{% macro time_of_position(clock, position, day) -%}
    case
        when {{ clock }} = 'working_days'
            then {{ dbt.dateadd('second', 86399, 'cast(' ~ day ~ ' as timestamp)') }}
        else {{ dbt.dateadd(
            'minute',
            nearest_integer(
                parameter('workday_start_minutes') ~ ' + ' ~ position ~ ' - (ceil(' ~ position ~ ' / '
                ~ parameter('workday_minutes') ~ ') - 1) * ' ~ parameter('workday_minutes')
            ),
            'cast(' ~ day ~ ' as timestamp)'
        ) }}
    end
{%- endmacro %}
