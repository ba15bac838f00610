"""A KPI by category, demand type, tier and channel: the newest settled month of the city, and its districts beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from minhu.release.marks import INSTEAD
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site import cells
from minhu.reports.site.cells import CALIBER
from minhu.reports.site.reading import Row, Tables

_KINDS = ("category", "demand_type", "tier", "channel")


@dataclass(frozen=True)
class Line:
    """A value: of the city its figure, interval, number of cases and what is to be said of it; of each district its figure."""

    name: Words
    value: Words
    is_shown: bool
    interval: str
    n: str
    reason: Words
    districts: Sequence[Words]


@dataclass(frozen=True)
class Breakdown:
    """One table: the month it is of, names of its districts and a line per value, the frequent ones first."""

    name: Words
    month: date
    districts: Sequence[str]
    lines: Sequence[Line]


def read_breakdowns(tables: Tables) -> dict[str, list[Row]]:
    """Rows of the newest month by KPI; none in a release from before breakdowns."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    newest: dict[str, date] = {}
    for row in tables.of(
        "kpi_breakdowns", "kpi_id, period_start desc, breakdown, unit_type, unit_code, value_code", f"caliber = '{CALIBER}'",
        kpi_id="varchar", unit_type="varchar", unit_code="varchar", unit_name="varchar", period_start="date",
        breakdown="varchar", value_code="varchar", value_name="varchar", numerator="double", denominator="double",
        value="double", ci_low="double", ci_high="double", verdict="varchar", rule_id="varchar", is_stale="boolean",
    ):  # fmt: skip
        if newest.setdefault(row["kpi_id"], row["period_start"]) == row["period_start"]:
            found[row["kpi_id"]].append(row)
    return dict(found)


def tables_of(rows: Sequence[Row], unit: str, rules: Mapping[str, Row]) -> list[Breakdown]:
    """The tables of one KPI, in the unit of its figures."""
    return [
        _table(kind, [row for row in rows if row["breakdown"] == kind], unit, rules)
        for kind in _KINDS
        if any(row["breakdown"] == kind and row["unit_type"] == "city" for row in rows)
    ]


def _table(kind: str, rows: Sequence[Row], unit: str, rules: Mapping[str, Row]) -> Breakdown:
    districts = sorted({(row["unit_code"], row["unit_name"]) for row in rows if row["unit_type"] == "district"})
    of_district = {(row["unit_code"], row["value_code"]): row for row in rows if row["unit_type"] == "district"}
    of_city = [row for row in rows if row["unit_type"] == "city"]
    lines = [
        Line(
            name=_name(row),
            value=_value(row, unit),
            is_shown=_is_shown(row),
            interval=cells.interval(row["ci_low"], row["ci_high"], unit) if _is_shown(row) else "",
            n=f"{row['denominator']:,.0f}" if _is_shown(row) and row["denominator"] is not None else "",
            reason=_reason(row, rules),
            districts=[_value(of_district.get((code, row["value_code"])), unit) for code, _ in districts],
        )
        for row in sorted(of_city, key=_frequent_first)
    ]
    return Breakdown(words.of(kind, words.BREAKDOWNS), rows[0]["period_start"], [name for _, name in districts], lines)


def _frequent_first(row: Row) -> tuple[bool, float, str]:
    cases = row["denominator"] if row["denominator"] is not None else row["numerator"]
    return row["value_code"] == "unknown", -(cases or 0), row["value_code"]


def _is_shown(row: Row) -> bool:
    return row["verdict"] not in INSTEAD and row["value"] is not None


def _name(row: Row) -> Words:
    known = words.of(row["value_code"], words.BREAKDOWN_VALUES)
    return Words(row["value_name"], row["value_name"]) if row["value_name"] else known


def _value(row: Row | None, unit: str) -> Words:
    if row is None:
        return Words("–", "–")
    if _is_shown(row):
        text = cells.number(row["value"], unit)
        return Words(text, text)
    return words.VERDICTS[row["verdict"]] if row["verdict"] in INSTEAD else cells.NO_FIGURE


def _reason(row: Row, rules: Mapping[str, Row]) -> Words:
    """Why a figure is hidden or carried over; where it is simply shown nothing."""
    rule = rules.get(row["rule_id"])
    if rule is None or (_is_shown(row) and not row["is_stale"]):
        return Words("", "")
    return Words(rule["reason_zh"] or row["rule_id"], rule["reason"] or row["rule_id"])
