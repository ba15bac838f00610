{#
  Counts of the days a period is compared with where those are no period of their own (bridge_periods_compared, aligned by
  a festival), under the name of the period that is compared with them.
    units    model made by roll_up_units; its additive columns end in _count
    windows  relation with period_type, period_start, period_end, compare_from, compare_to
#}
{% macro sum_windows(units, windows) %}
select
    windows.period_type,
    windows.period_start,
    windows.period_end,
    units.caliber,
    units.unit_type,
    units.unit_code,
    {% for measure in additive_columns(units) %}cast(sum(units.{{ measure }}) as bigint) as {{ measure }}{{ ', ' if not loop.last }}{% endfor %}
from {{ units }} as units
inner join {{ windows }} as windows
    on units.day between windows.compare_from and windows.compare_to
where
    -- half a window is no measure for a whole period
    windows.compare_from >= (select min(counted.day) from {{ units }} as counted)
    and (units.unit_type, windows.period_type) in (
        select
            published_grains.unit_type,
            published_grains.period_type
        from {{ ref('bridge_units_periods') }} as published_grains
    )
group by
    windows.period_type,
    windows.period_start,
    windows.period_end,
    units.caliber,
    units.unit_type,
    units.unit_code
{% endmacro %}
