"""KPIs by what orders are about: those of a city in which there are only the orders of one category, type, tier or channel."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import date
from typing import NamedTuple

from tests.oracle.counts import Cell, Figure, cells_of
from tests.oracle.records import City
from tests.oracle.sources import Night

BROKEN_DOWN = ("H04", "H06", "H08", "H09")
COLUMNS = {"category": "category_code", "demand_type": "demand_type", "tier": "tier", "channel": "channel"}
UNKNOWN = "unknown"


class Part(NamedTuple):
    """A value of a breakdown of a cell."""

    cell: Cell
    breakdown: str
    value: str


def parts(nights: Iterable[Night], business_date: date) -> dict[Part, Figure]:
    """Of the city and its districts, by month; what a source does not say is unknown."""
    city = City(nights, business_date)
    found = {}
    for breakdown, column in COLUMNS.items():
        for value in sorted({order.row[column] or UNKNOWN for order in city.orders}):
            only = copy(city)
            only.__dict__["orders"] = [order for order in city.orders if (order.row[column] or UNKNOWN) == value]
            for kpi_id in BROKEN_DOWN:
                for cell, figure in cells_of((kpi_id, "main"), only).items():
                    if cell.period_type == "month" and cell.unit_type in ("city", "district"):
                        found[Part(cell, breakdown, value)] = figure
    return found
