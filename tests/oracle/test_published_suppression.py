"""Suppression beside tables that others published with their solution: Statistics Norway's GaussSuppression.

The tables are those of the vignettes of the R package GaussSuppression (https://statisticsnorway.github.io/ssb-gausssuppression,
MIT): "Small count frequency table suppression" (its Tables 1, 2, 4, 6, 7, 8 and 9, after SSBtools' data `example1`) and
"Linked table suppression" (its Tables 1 and 4); figures and patterns as printed there. Theirs are cut two ways, ours one way and
in levels, so each line of theirs stands for itself: what protects all of a table protects each line of it, and ours
may not cost more than what theirs hides in the line. What a reader can still find out, the feasibility interval of a cell, is
found here by a solver of linear programs that knows the whole line, as it is in their Table 4 and 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from minhu.statistics.complements import complements

#: Parts by total: Europe as the vignettes cut it.
EUROPE = {"Total": ("EU", "nonEU"), "EU": ("Portugal", "Spain"), "nonEU": ("Iceland",)}
GEO = {"Total": ("Iceland", "Portugal", "Spain")}
YEARS = {"Total": ("2014", "2015", "2016")}
DEPTHS = ("city", "district", "street")


class Line(NamedTuple):
    """A line of a published table.

    Attributes:
        figures: by cell.
        parts: of each total.
        primary: what may not be known.
        secondary: what they hide beside it, in this line.
        floor: least width of an interval that they ask for, 1 where they ask for none.
    """

    figures: Mapping[str, int]
    parts: Mapping[str, tuple[str, ...]]
    primary: set[str]
    secondary: set[str]
    floor: int = 1


LINES = {
    "Table 1, young": Line({"Iceland": 2, "Portugal": 0, "Spain": 5, "Total": 7}, GEO, {"Portugal"}, {"Iceland"}),
    "Table 2, young": Line(
        {"Iceland": 2, "Portugal": 0, "Spain": 5, "nonEU": 2, "EU": 5, "Total": 7}, EUROPE,
        {"nonEU", "Iceland", "Portugal"}, {"EU"},
    ),
    "Table 4, Total": Line(
        {"Iceland": 5, "Portugal": 4, "Spain": 11, "nonEU": 5, "EU": 15, "Total": 20}, EUROPE, {"Portugal"}, {"Spain"},
    ),
    "Table 4, old": Line(
        {"Iceland": 3, "Portugal": 4, "Spain": 6, "nonEU": 3, "EU": 10, "Total": 13}, EUROPE,
        {"nonEU", "Iceland", "Portugal"}, {"EU"},
    ),
    "Table 4, young": Line(
        {"Iceland": 2, "Portugal": 0, "Spain": 5, "nonEU": 2, "EU": 5, "Total": 7}, EUROPE, {"nonEU", "Iceland"},
        {"EU", "Spain"},
    ),
    "Table 6, young": Line(
        {"Portugal": 0, "Spain": 5, "EU": 5, "Total": 5}, {"Total": ("EU",), "EU": ("Portugal", "Spain")}, {"Portugal"},
        {"Spain"},
    ),
    "Table 7, young": Line(
        {"Iceland": 0, "Portugal": 0, "Spain": 5, "nonEU": 0, "EU": 5, "Total": 5}, EUROPE,
        {"nonEU", "Iceland", "Portugal"}, {"EU", "Spain"},
    ),
    "Table 8, young 2016": Line({"Iceland": 1, "Portugal": 1, "Spain": 7, "Total": 9}, GEO, {"Iceland", "Portugal"}, {"Spain"}),
    "Table 9, young": Line({"Iceland": 3, "Portugal": 1, "Spain": 17, "Total": 21}, GEO, {"Iceland", "Portugal"}, {"Spain"}, 5),
    "linked, 2014": Line({"Iceland": 8, "Portugal": 1, "Spain": 15, "Total": 24}, GEO, {"Portugal"}, {"Spain"}),
    "linked, 2015": Line({"Iceland": 2, "Portugal": 3, "Spain": 4, "Total": 9}, GEO, {"Iceland"}, {"Total"}),
    "linked, 2016": Line({"Iceland": 2, "Portugal": 2, "Spain": 7, "Total": 11}, GEO, {"Iceland", "Portugal"}, {"Spain", "Total"}),
    "linked, Iceland": Line({"2014": 8, "2015": 2, "2016": 2, "Total": 12}, YEARS, {"2015", "2016"}, set()),
    "linked, Portugal": Line({"2014": 1, "2015": 3, "2016": 2, "Total": 6}, YEARS, {"2014", "2016"}, set()),
    "linked Table 4, Portugal": Line({"2014": 1, "2015": 3, "2016": 2, "Total": 6}, YEARS, {"2014", "2016"}, {"2015"}, 4),
}  # fmt: skip
#: Here their primary cells hide one another. Ours hides a larger one beside them where there is one, the anchor: theirs leaves a
#: reader who knows one of the two the other as well.
ANCHORED = {"Table 2, young", "Table 4, old", "linked, Iceland", "linked, Portugal"}
#: Intervals as printed, where the line alone gives them.
PRINTED = {
    ("Table 9, young", "Iceland", frozenset({"Iceland", "Portugal"})): (0, 4),
    ("Table 9, young", "Portugal", frozenset({"Iceland", "Portugal"})): (0, 4),
    ("linked, Iceland", "2015", frozenset({"2015", "2016"})): (0, 4),
    ("linked, Iceland", "2016", frozenset({"2015", "2016"})): (0, 4),
    ("linked, Portugal", "2014", frozenset({"2014", "2016"})): (0, 3),
    ("linked Table 4, Portugal", "2014", frozenset({"2014", "2015", "2016"})): (0, 6),
    ("linked Table 4, Portugal", "2016", frozenset({"2014", "2015", "2016"})): (0, 6),
}


def interval(line: Line, cell: str, hidden: set[str] | frozenset[str]) -> tuple[float, float]:
    """Least and greatest figure of a cell that agree with all that is shown; no figure is below 0."""
    names = sorted(line.figures)
    rows = [[(name == total) - (name in parts) for name in names] for total, parts in line.parts.items()]
    bounds = [(0, None) if name in hidden else (line.figures[name],) * 2 for name in names]
    goal = np.array([float(name == cell) for name in names])
    ends = [linprog(sign * goal, A_eq=np.array(rows), b_eq=np.zeros(len(rows)), bounds=bounds) for sign in (1, -1)]
    assert ends[0].status == 0 and ends[1].status in (0, 3)
    return round(ends[0].fun, 6), round(-ends[1].fun, 6) if ends[1].status == 0 else np.inf


def ours(line: Line) -> set[str]:
    """What we hide beside the primary cells; of a frequency table nobody knows a number of cases beside the figures."""
    above = {part: total for total, parts in line.parts.items() for part in parts}

    def depth(cell: str) -> int:
        return 1 + depth(above[cell]) if cell in above else 0

    cells = pd.DataFrame(
        [
            {
                "unit_type": DEPTHS[depth(cell)], "unit_code": cell, "parent_code": above.get(cell),
                "parent_type": DEPTHS[depth(above[cell])] if cell in above else None, "numerator": float(figure),
                # a group whose hidden figures together stay below the floor needs a larger one beside them
                "denominator": float(figure) if line.floor > 1 else 1.0, "is_small": cell in line.primary,
            }
            for cell, figure in line.figures.items()
        ]
    ).assign(
        kpi_id="H04", variant="main", caliber="full", period_type="month", period_start=date(2026, 10, 1),
        period_end=date(2026, 10, 31), is_withheld=False, is_capped=False, is_unchanged=False, was_hidden=False, was_exposed=False,
        floor=float(line.floor),
    )  # fmt: skip
    found = complements(cells)
    assert set(found["role"]) <= {"complement"}, "nothing of it is given up as exposed"
    return set(found["unit_code"])


@pytest.mark.parametrize("name", LINES)
def test_every_cell_that_may_not_be_known_has_an_interval_as_wide_as_they_ask(name: str) -> None:
    line = LINES[name]
    hidden = line.primary | ours(line)
    for cell in line.primary:
        low, high = interval(line, cell, hidden)
        assert high - low >= line.floor, (cell, low, high, hidden)


@pytest.mark.parametrize("name", LINES)
def test_no_more_is_hidden_than_they_hide_but_for_an_anchor(name: str) -> None:
    line, most = LINES[name], len(LINES[name].secondary)
    if name in ANCHORED:
        assert len(ours(line)) == most + 1, "it costs no more than the anchor"
    else:
        assert len(ours(line)) <= most, ours(line)


@pytest.mark.parametrize(("name", "cell", "hidden"), PRINTED)
def test_the_intervals_are_those_they_print(name: str, cell: str, hidden: frozenset[str]) -> None:
    assert interval(LINES[name], cell, hidden) == PRINTED[name, cell, hidden]


def test_without_what_is_hidden_beside_them_a_third_of_the_cells_are_known() -> None:
    """Else the tables would ask nothing."""
    known = [
        (name, cell)
        for name, line in LINES.items()
        for cell in sorted(line.primary)
        if np.diff(interval(line, cell, line.primary))[0] < line.floor
    ]
    assert len(known) >= sum(len(line.primary) for line in LINES.values()) / 3
