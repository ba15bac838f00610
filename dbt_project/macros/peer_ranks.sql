{#
  Where each row stands among the rows of its group, by intervals: a rank is only as sharp as they are.
    rows         relation with the group columns, key, low, high
    group        columns that make a group
    key          columns that name a row within it
  Gives key and group with peer_count, surely_above (rows whose whole interval lies above), surely_below.
#}
{% macro peer_ranks(rows, group, key, low, high) %}
{% set columns = group + key %}
with bounds as (
    select
        {{ columns | join(', ') }},
        {{ low }} as bound,
        1 as is_low
    from {{ rows }}
    union all
    select
        {{ columns | join(', ') }},
        {{ high }} as bound,
        0 as is_low
    from {{ rows }}
),

counted as (
    select
        *,
        -- at equal bounds the questions come before what they count: touching intervals do not separate
        sum(is_low) over (
            partition by {{ group | join(', ') }} order by bound desc, is_low asc
            rows between unbounded preceding and current row
        ) as lows_above,
        sum(1 - is_low) over (
            partition by {{ group | join(', ') }} order by bound asc, is_low desc
            rows between unbounded preceding and current row
        ) as highs_below
    from bounds
)

select
    {{ columns | join(', ') }},
    max(case when is_low = 0 then lows_above end) as surely_above,
    max(case when is_low = 1 then highs_below end) as surely_below
from counted
group by {{ columns | join(', ') }}
{% endmacro %}
