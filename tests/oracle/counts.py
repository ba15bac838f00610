"""Counts, and the cells they are summed into: a rate of a district is the sum of numerators over the sum of denominators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.oracle.contract import Kpi, grains
from tests.oracle.periods import Period, period_of, periods_between
from tests.oracle.places import Where

if TYPE_CHECKING:
    from tests.oracle.records import City

FULL, ASSESSED = "full", "assessed"
BOTH = frozenset({FULL, ASSESSED})
Number = int | float | Fraction


@dataclass(frozen=True)
class Count:
    """One thing that counts: on which day, where, and how much; without a denominator it is a volume.

    ``sample`` is what an interval takes as its n where that is not the denominator.
    """

    day: date
    where: Where
    numerator: Number
    denominator: Number | None = None
    calibers: frozenset[str] = BOTH
    sample: int | None = None


class Cell(NamedTuple):
    """The key of a published figure."""

    kpi_id: str
    variant: str
    unit_type: str
    unit_code: str
    period_type: str
    period_start: date
    caliber: str


class Figure(NamedTuple):
    """What a cell says; the value is null ("not rated") where the denominator is 0."""

    numerator: float | None
    denominator: float | None
    sample_size: float | None
    value: float | None


@dataclass(frozen=True)
class Definition:
    """A KPI: what counts, and in which way counts are asked for."""

    counts: Callable[..., Iterable[Any]]
    asked: str
    is_sample: bool


DEFINITIONS: dict[Kpi, Definition] = {}


def by_day(kpi_id: str, variant: str = "main", is_sample: bool = True) -> Callable[..., Any]:
    """Marks a KPI ``(city)`` whose counts of days add up to those of any period.

    A count of everything there is, is no sample.
    """
    return _register(kpi_id, variant, "day", is_sample=is_sample)


def by_period(kpi_id: str, variant: str = "main", is_sample: bool = True) -> Callable[..., Any]:
    """Marks a KPI ``(city, period)`` that has to be counted for every period anew."""
    return _register(kpi_id, variant, "period", is_sample)


def figures(kpi_id: str, variant: str = "main") -> Callable[..., Any]:
    """Marks a KPI ``(city, period)`` that is no sum: it gives ``(level, code, caliber, Figure)``."""
    return _register(kpi_id, variant, "figure")


def _register(kpi_id: str, variant: str, asked: str, is_sample: bool = True) -> Callable[..., Any]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        assert (kpi_id, variant) not in DEFINITIONS
        DEFINITIONS[kpi_id, variant] = Definition(function, asked, is_sample)
        return function

    return register


def cells_of(kpi: Kpi, city: City, definition: Definition | None = None) -> dict[Cell, Figure]:
    """All cells of a KPI that have something in them, by its own definition or by another."""
    definition = definition or DEFINITIONS[kpi]
    if definition.asked == "day":
        counts = list(definition.counts(city))
        kinds = {kind for _, kind in grains(kpi)}
        summed = _sums(kpi, ((period_of(kind, count.day), count) for kind in kinds for count in counts))
        return {cell: _rate(parts, definition) for cell, parts in summed.items()}
    kinds = {kind for _, kind in grains(kpi)}
    periods = [p for kind in kinds for p in periods_between(kind, city.first_day, city.business_date)]
    if definition.asked == "period":
        summed = _sums(kpi, ((period, count) for period in periods for count in definition.counts(city, period)))
        return {cell: _rate(parts, definition) for cell, parts in summed.items()}
    return {
        Cell(*kpi, level, code, period.kind, period.start, caliber): figure
        for period in periods
        for level, code, caliber, figure in definition.counts(city, period)
        if (level, period.kind) in grains(kpi)
    }


def _sums(kpi: Kpi, counts: Iterable[tuple[Period, Count]]) -> Mapping[Cell, list[Count]]:
    levels = defaultdict(list)
    for level, kind in grains(kpi):
        levels[kind].append(level)
    found: dict[tuple[str, str, str, date, str], list[Count]] = defaultdict(list)
    for (kind, start, _), count in counts:
        for level in levels[kind]:
            if level in count.where:
                for caliber in count.calibers:
                    found[level, count.where[level], kind, start, caliber].append(count)
    return {Cell(*kpi, *key): parts for key, parts in found.items()}


def _rate(counts: list[Count], definition: Definition) -> Figure:
    numerator = sum(count.numerator for count in counts)
    if counts[0].denominator is None:
        return Figure(float(numerator), None, None, float(numerator))
    denominator = sum(count.denominator or 0 for count in counts)
    sampled = [count.sample for count in counts if count.sample is not None]
    sample_size = float(sum(sampled)) if sampled else float(denominator)
    value = float(numerator / denominator) if denominator else None
    return Figure(float(numerator), float(denominator), sample_size if definition.is_sample else None, value)
