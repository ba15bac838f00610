"""What two engines answer differently without an error is seen in the SQL; what they answer alike passes."""

from __future__ import annotations

import pytest

from tests.dbt.silent_differences import silent_differences, unordered_sums

_SCHEMA = {
    "core": {"fct_orders": {"name": "VARCHAR", "minutes": "DOUBLE", "points": "DECIMAL(18,4)", "orders": "BIGINT",
                            "whole": "DECIMAL(38,0)", "at": "TIMESTAMP"}},
    "seeds": {"parameters": {"name": "VARCHAR", "value": "DOUBLE"}},
}  # fmt: skip


def _seen(expression: str) -> list[str]:
    return silent_differences(f"select {expression} as seen from core.fct_orders as orders", _SCHEMA)


@pytest.mark.parametrize(
    "expression",
    [
        "concat(orders.name, '/')",
        "max(concat('a', orders.name))",
        "cast(orders.minutes as integer)",
        "cast(orders.points as bigint)",
        "cast(100 * orders.points as bigint)",
        "cast(orders.orders / 2 as integer)",
        "cast(sum(orders.minutes) as bigint)",
        "cast(round(orders.points, 1) as integer)",
        "cast((select parameters.value from seeds.parameters as parameters) as integer)",
        "cast(-(select 100 * parameters.value from seeds.parameters as parameters) as integer)",
        "cast(median(orders.orders) as bigint)",
        "cast(avg(orders.orders) as bigint)",
        "orders.orders / 86400.0",
        "round(orders.minutes, 6)",
        "round(orders.orders / 3, 4)",
        "round(sum(orders.minutes), 8)",
        "round(case when orders.orders > 0 then orders.minutes end, 8)",
        "orders.points / nullif(orders.orders, 0)",
        "(orders.points + 1) / 3",
        "0.5 * orders.orders / count(*)",
        "orders.minutes / orders.orders",
        "1 / cast(orders.orders as double)",
        "orders.minutes / sum(orders.orders)",
        "orders.minutes / (2 * orders.minutes - orders.orders)",
        "case when orders.minutes / orders.orders > 1 then 1 end",
        "orders.minutes / greatest(orders.orders, orders.minutes)",
    ],
)
def test_what_is_forbidden(expression: str) -> None:
    assert len(_seen(expression)) == 1


@pytest.mark.parametrize(
    "expression",
    [
        "concat_ws('', orders.name, '/')",
        "orders.minutes / nullif(orders.orders, 0)",
        "case when orders.orders > 0 then orders.minutes / orders.orders end",
        "case when orders.orders = 0 then 0 else orders.minutes / orders.orders end",
        "orders.minutes / count(*)",
        "orders.minutes / greatest(orders.orders, 1)",
        "orders.minutes / (2 * nullif(orders.orders, 0))",
        "orders.name || '/'",
        "cast(sum(orders.orders) as bigint)",
        "cast(count(*) as integer)",
        "cast(orders.whole as bigint)",
        "cast(round(orders.points) as bigint)",
        "cast(floor(orders.minutes / 60) as integer)",
        "cast(round_even(orders.minutes, 0) as integer)",
        "cast(extract(hour from orders.at) as integer)",
        "cast(null as integer)",
        "cast(orders.points as decimal(18, 2))",
        "orders.orders / 86400",
        "round(orders.points, 2)",
        "round(orders.minutes)",
        "round((orders.minutes) * 1e6) / 1e6",
        "orders.minutes + 1.96 * 1.96 / 2",
        "orders.points / cast(nullif(orders.orders, 0) as double)",
        "orders.minutes * 0.5 / 3.0",
        "100.0 * orders.minutes / nullif(orders.points, 0)",
        "sum(case when orders.minutes > 1 then 1 else 0 end)",
    ],
)
def test_what_is_allowed(expression: str) -> None:
    assert _seen(expression) == []


def test_what_is_forbidden_is_seen_through_other_queries() -> None:
    assert silent_differences(
        "with halves as (select orders.orders / 2 as half from core.fct_orders as orders) "
        "select cast(halves.half as integer) as seen from halves",
        _SCHEMA,
    )


@pytest.mark.parametrize(
    ("expression", "is_told"),
    [
        ("sum(orders.minutes)", True),
        ("avg(orders.minutes * 2)", True),
        ("sum(orders.orders / 3)", True),
        ("sum(orders.minutes) over (partition by orders.name)", True),
        ("sum(orders.minutes order by orders.orders)", False),
        ("sum(orders.minutes) over (partition by orders.name order by orders.at)", False),
        ("sum(orders.orders)", False),
        ("avg(orders.orders)", False),
        ("sum(orders.points)", False),
    ],
)
def test_sums_whose_last_digit_hangs_on_the_order(expression: str, is_told: bool) -> None:
    found = unordered_sums(f"select {expression} as seen from core.fct_orders as orders", _SCHEMA)
    assert bool(found) == is_told
