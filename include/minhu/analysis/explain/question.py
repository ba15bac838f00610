"""Which cell is asked for: KPI, unit and period as a person types them, and what is near when there is no such cell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from minhu.errors import UsageError

CALIBERS = ("full", "assessed")
MAIN = "main"
#: How many neighbours an error names.
NEAREST = 8
FORMS = (
    "2026-10-05 (day), 2026-W41 (ISO week), 2026-10 (month), assessment_month:2026-10 (the one that begins in that "
    "month), 2026Q4, 2026H2, 2026"
)
_TRIED = "explain a cell"


@dataclass(frozen=True)
class Period:
    """A kind of period and the days on which the one asked for may begin, both ends included."""

    period_type: str
    earliest: date
    latest: date


@dataclass(frozen=True)
class CellKey:
    """The key of a row of ``kpi_results``."""

    kpi_id: str
    variant: str
    unit_type: str
    unit_code: str
    period_type: str
    period_start: date
    caliber: str


def read_period(text: str) -> Period:
    """A period as a person types it.

    Raises:
        UsageError: it has none of the forms, or names a day, week or month that does not exist.
    """
    wanted = text.strip()
    try:
        if found := re.fullmatch(r"assessment_month:(\d{4})-(\d{2})", wanted):
            first = date(int(found[1]), int(found[2]), 1)
            return Period("assessment_month", first, _next_month(first) - timedelta(days=1))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", wanted):
            return _starting("day", date.fromisoformat(wanted))
        if found := re.fullmatch(r"(\d{4})-?W(\d{2})", wanted):
            return _starting("week", date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found := re.fullmatch(r"(\d{4})-(\d{2})", wanted):
            return _starting("month", date(int(found[1]), int(found[2]), 1))
        if found := re.fullmatch(r"(\d{4})-?Q([1-4])", wanted):
            return _starting("quarter", date(int(found[1]), 3 * int(found[2]) - 2, 1))
        if found := re.fullmatch(r"(\d{4})-?H([12])", wanted):
            return _starting("half_year", date(int(found[1]), 6 * int(found[2]) - 5, 1))
        if re.fullmatch(r"\d{4}", wanted):
            return _starting("year", date(int(wanted), 1, 1))
    except ValueError as error:
        raise UsageError("read the period", f"{text!r}: {error}", f"give one of: {FORMS}") from error
    raise UsageError("read the period", f"expected a period, found {text!r}", f"give one of: {FORMS}")


def write_period(period_type: str, start: date) -> str:
    """A period as :func:`read_period` understands it."""
    written = {
        "day": start.isoformat(),
        "week": "{}-W{:02}".format(*start.isocalendar()[:2]),
        "month": f"{start:%Y-%m}",
        "assessment_month": f"assessment_month:{start:%Y-%m}",
        "quarter": f"{start:%Y}Q{(start.month + 2) // 3}",
        "half_year": f"{start:%Y}H{(start.month + 5) // 6}",
        "year": f"{start:%Y}",
    }
    return written[period_type]


def find_cell(
    published: duckdb.DuckDBPyConnection,
    kpi_id: str,
    unit: str,
    period: str,
    variant: str | None = None,
    caliber: str = "full",
    level: str | None = None,
) -> dict[str, Any]:
    """The row of ``kpi_results`` that is asked for.

    Args:
        published: an engine that offers a release's tables.
        kpi_id: id of a KPI, in any case.
        unit: code or exact name of a unit.
        period: one of :data:`FORMS`.
        variant: None is ``main``, or the only one there is.
        caliber: ``full`` or ``assessed``.
        level: narrows units that share a code or a name.

    Raises:
        UsageError: there is no such cell; the message names what there is near it.
    """
    asked = read_period(period)
    if caliber not in CALIBERS:
        raise UsageError(_TRIED, f"expected --caliber {' or '.join(CALIBERS)}, found {caliber!r}", "correct it")
    kpi = _known_kpi(published, kpi_id)
    chosen = _known_variant(published, kpi, variant)
    unit_type, unit_code, unit_name = _known_unit(published, kpi, chosen, unit, level)
    found = published.execute(
        """select * from kpi_results
           where kpi_id = ? and variant = ? and unit_type = ? and unit_code = ? and caliber = ?
               and period_type = ? and period_start between ? and ?""",
        [kpi, chosen, unit_type, unit_code, caliber, asked.period_type, asked.earliest, asked.latest],
    )
    names = [column[0] for column in found.description or []]
    row = found.fetchone()
    if row is None:
        raise _no_such_period(published, (kpi, chosen, unit_type, unit_code, caliber), unit_name, asked, period)
    return dict(zip(names, row, strict=True))


def key_of(cell: dict[str, Any]) -> CellKey:
    """The key of a row of ``kpi_results``."""
    return CellKey(**{name: cell[name] for name in CellKey.__dataclass_fields__})


def _known_kpi(published: duckdb.DuckDBPyConnection, kpi_id: str) -> str:
    known = dict(
        published.execute(
            "select kpi_id, min_by(name_zh, (variant <> 'main', variant)) from kpi_contract group by all order by all"
        ).fetchall()
    )
    if kpi_id.upper() in known:
        return kpi_id.upper()
    near = difflib.get_close_matches(kpi_id.upper(), known, n=NEAREST, cutoff=0.5) or sorted(known)
    said = ", ".join(f"{name} {known[name]}" for name in near)
    raise UsageError(_TRIED, f"the contract of this release has no KPI {kpi_id!r}", f"the nearest are: {said}")


def _known_variant(published: duckdb.DuckDBPyConnection, kpi_id: str, variant: str | None) -> str:
    known = _column(published, "select variant from kpi_contract where kpi_id = ? order by all", [kpi_id])
    wanted = variant or (MAIN if MAIN in known or len(known) > 1 else known[0])
    if wanted in known:
        return wanted
    happened = (
        f"{kpi_id} has no variant {wanted!r}" if variant else f"{kpi_id} has no variant {MAIN}, but several others"
    )
    raise UsageError(_TRIED, happened, f"give --variant with one of: {', '.join(known)}")


def _known_unit(
    published: duckdb.DuckDBPyConnection, kpi_id: str, variant: str, unit: str, level: str | None
) -> tuple[str, str, str]:
    units = published.execute(
        """select distinct unit_type, unit_code, unit_name from kpi_results
           where kpi_id = $1 and variant = $2 and ($3::varchar is null or unit_type = $3) order by all""",
        [kpi_id, variant, level],
    ).fetchall()
    matching = [found for found in units if unit in found[1:]]
    if len(matching) == 1:
        kind, code, name = matching[0]
        return str(kind), str(code), str(name)
    if matching:
        raise UsageError(
            _TRIED, f"{unit!r} is more than one unit of {kpi_id}: {_units(matching)}", "give its code, or --level"
        )
    elsewhere = published.execute(
        "select distinct unit_type, unit_code, unit_name from kpi_results where unit_code = $1 or unit_name = $1 "
        "order by all",
        [unit],
    ).fetchall()
    levels = ", ".join(dict.fromkeys(str(found[0]) for found in units)) or "no level"
    if elsewhere:
        raise UsageError(
            _TRIED,
            f"{kpi_id} ({variant}) has no cell of {_units(elsewhere)}"
            f"{f' at level {level}' if level else ''}; it is published for {levels}",
            "ask for a unit of these levels, or for another KPI",
        )
    near = _near_units(unit, units) or units[:NEAREST]
    raise UsageError(
        _TRIED, f"{kpi_id} has no unit {unit!r}, by code or by name", f"the nearest are: {_units(near) or 'none'}"
    )


def _near_units(unit: str, units: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    names = [str(name) for found in units for name in found[1:]]
    near = [*difflib.get_close_matches(unit, names, n=NEAREST, cutoff=0.6), *(n for n in names if unit and unit in n)]
    return [found for found in units if found[1] in near or found[2] in near][:NEAREST]


def _no_such_period(
    published: duckdb.DuckDBPyConnection, cell: tuple[str, ...], unit_name: str, asked: Period, text: str
) -> UsageError:
    kpi_id, variant, _, unit_code, _ = cell
    there_is: dict[str, list[date]] = {}
    for period_type, start in published.execute(
        """select period_type, period_start from kpi_results
           where kpi_id = ? and variant = ? and unit_type = ? and unit_code = ? and caliber = ? order by all""",
        list(cell),
    ).fetchall():
        there_is.setdefault(period_type, []).append(start)
    happened = f"{kpi_id} ({variant}) of {unit_code} {unit_name} has no cell of {text}"
    if asked.period_type in there_is:
        starts = sorted(there_is[asked.period_type], key=lambda start: abs(start - asked.earliest))[:NEAREST]
        near = ", ".join(write_period(asked.period_type, start) for start in sorted(starts))
        return UsageError(_TRIED, happened, f"the nearest there are: {near}")
    kinds = ", ".join(f"{kind} (last {write_period(kind, starts[-1])})" for kind, starts in there_is.items())
    return UsageError(
        _TRIED, f"{happened}: it is not published by {asked.period_type}", f"there are: {kinds or 'no periods'}"
    )


def _units(units: Iterable[tuple[Any, ...]]) -> str:
    return ", ".join(f"{code} {name} ({kind})" for kind, code, name in units)


def _column(published: duckdb.DuckDBPyConnection, statement: str, parameters: list[Any]) -> list[str]:
    return [str(row[0]) for row in published.execute(statement, parameters).fetchall()]


def _starting(period_type: str, start: date) -> Period:
    return Period(period_type, start, start)


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
