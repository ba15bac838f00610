"""All cells of a city at the end of a night."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tests.oracle import (  # noqa: F401 - a family registers its KPIs
    callbacks,
    calls,
    cross_system,
    estimates,
    grid,
    orders,
    returns,
    stations,
    tiers,
)
from tests.oracle.counts import DEFINITIONS, Cell, Figure, cells_of
from tests.oracle.disputes import DISPUTES
from tests.oracle.records import City
from tests.oracle.sources import Night


def cells(nights: Iterable[Night], business_date: date) -> dict[Cell, Figure]:
    """Every cell with something in it, from the rows that the sources gave in the nights up to a business date."""
    city = City(nights, business_date)
    return {cell: figure for kpi in sorted(DEFINITIONS) for cell, figure in cells_of(kpi, city).items()}


def cells_with_disputes(nights: Iterable[Night], business_date: date, known: dict[Cell, Figure]) -> dict[Cell, Figure]:
    """What is known, and for disputed KPIs what the product says instead."""
    city = City(nights, business_date)
    undisputed = {cell: figure for cell, figure in known.items() if (cell.kpi_id, cell.variant) not in DISPUTES}
    disputed = {kpi: cells_of(kpi, city, dispute.definition) for kpi, dispute in DISPUTES.items()}
    return undisputed | {cell: figure for cells in disputed.values() for cell, figure in cells.items()}
