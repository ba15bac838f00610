"""Cells of the site: published figures and their neighbours in time, and how one is written.

A cell that is not shown never carries a number, here or on a page: what stands for it is a word and a mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from markupsafe import Markup, escape

from minhu.analysis.downloads.columns import BESIDE
from minhu.release.marks import INSTEAD
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, figure, share
from minhu.reports.site.reading import Tables
from minhu.reports.site.subjects import Kpi

#: Periods that a line over time looks back: three years of months.
PERIODS_SHOWN = 36
#: The caliber of the site: all orders. What the assessment leaves out is told beside it.
CALIBER = "full"
_EPOCH = date(1970, 1, 1).toordinal()
NO_FIGURE = Words("无数据", "no figure")
#: What follows a figure of a unit.
UNITS = {
    "share": Words("", ""), "count": Words("", ""), "points": Words(" 分", " points"), "days": Words(" 天", " days"),
    "pp": Words(" 个百分点", " pp"), "per_10k": Words("（每万人）", " per 10,000"), "per_unit": Words("", ""),
    "index": Words("", ""),
}  # fmt: skip


class Cell(NamedTuple):
    """One published cell; figures are None wherever the verdict hides them."""

    kpi_id: str
    variant: str
    unit_type: str
    unit_code: str
    period_start: date
    period_end: date
    caliber: str
    n: float | None
    value: float | None
    low: float | None
    high: float | None
    verdict: str
    rule_id: str
    reason: str
    peer_group: str | None
    band: str | None
    is_provisional: bool
    is_stale: bool
    is_restated: bool

    @property
    def is_shown(self) -> bool:
        return self.verdict not in INSTEAD and self.value is not None

    @property
    def key(self) -> str:
        """The cell as it is cited and looked up in the release."""
        return "/".join(
            (self.kpi_id, self.variant, self.unit_type, self.unit_code, str(self.period_start), self.caliber)
        )


def read_series(tables: Tables, kpis: Sequence[Kpi]) -> dict[tuple[str, str, str], list[Cell]]:
    """Cells of :data:`CALIBER` by KPI, level and code in order of time, the last :data:`PERIODS_SHOWN` periods of each KPI."""
    wanted = [{"kpi_id": kpi.kpi_id, "variant": kpi.variant, "period_type": kpi.period_type} for kpi in kpis]
    log = "(select * from chosen where false)"
    if tables.has("kpi_restatements"):
        log = """(select distinct kpi_id, variant, unit_type, unit_code, caliber, period_type, period_start
            from kpi_restatements where difference = 'changed')"""
    found: defaultdict[tuple[str, str, str], list[Cell]] = defaultdict(list)
    days = _Days()
    for row in tables.tuples(
        f"""
        with wanted as (select unnest($wanted, recursive := true)),
        chosen as (
            select cells.*, dense_rank() over (partition by kpi_id order by period_start desc) as age
            from kpi_results as cells inner join wanted using (kpi_id, variant, period_type)
            where caliber = $caliber and unit_type not in ('grid', 'point')
        )
        select
            kpi_id, variant, unit_type, unit_code, period_start - date '1970-01-01', period_end - date '1970-01-01',
            denominator::double, value, ci_low, ci_high, verdict, rule_id,
            reason, peer_group, band, is_provisional, is_stale, log.kpi_id is not null
        from chosen as cells
        left join {log} as log using (kpi_id, variant, unit_type, unit_code, caliber, period_type, period_start)
        where age <= $shown
        order by kpi_id, unit_type, unit_code, period_start
        """,  # noqa: S608  no data in the statement
        wanted=wanted, caliber=CALIBER, shown=PERIODS_SHOWN,
    ):  # fmt: skip
        kpi_id, variant, unit_type, unit_code, start, end, *figures = row
        cell = Cell(kpi_id, variant, unit_type, unit_code, days[start], days[end], CALIBER, *figures)
        found[kpi_id, unit_type, unit_code].append(scrubbed(cell))
    return dict(found)


class _Days(dict[int, date]):
    """Days by their number since 1970: a few hundred for all cells, where the engine would make two of each cell."""

    def __missing__(self, number: int) -> date:
        self[number] = date.fromordinal(_EPOCH + number)
        return self[number]


def in_period(series: Sequence[Cell], start: date) -> Cell | None:
    """The cell of a series in order of time whose period begins on a day."""
    for cell in reversed(series):
        if cell.period_start <= start:
            return cell if cell.period_start == start else None
    return None


def scrubbed(cell: Cell) -> Cell:
    """The cell without any figure where its verdict hides it: a release still tells the denominator of some."""
    if cell.verdict not in INSTEAD:
        return cell
    return cell._replace(n=None, value=None, low=None, high=None, band=None)


def number(value: float | None, unit: str) -> str:
    """A figure in the unit of its KPI without the unit's word; shares as per cent with one digit."""
    if value is None:
        return ""
    if unit == "share":
        return str(share(value, 1))
    text = figure(value, unit) or ""
    return text.replace(".00", "") if unit in ("days", "points") else text


def value_words(cell: Cell, unit: str) -> Words:
    """The value with its unit in words, or the word that stands for it."""
    if not cell.is_shown:
        return instead(cell)
    text, after = number(cell.value, unit), UNITS.get(unit, UNITS["index"])
    return Words(text + after.zh, text + after.en)


def interval(low: float | None, high: float | None, unit: str) -> str:
    """An interval, as 92.0–94.1 %; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{number(low, unit).removesuffix(' %')}–{number(high, unit)}"


def sample(cell: Cell) -> str:
    return "" if cell.n is None else f"{cell.n:,.0f}"


def instead(cell: Cell) -> Words:
    """The word that stands for a figure that is not shown."""
    return words.VERDICTS[cell.verdict] if cell.verdict in INSTEAD else NO_FIGURE


def marks(cell: Cell) -> Markup:
    """The marks of a cell as words with their codes; what each means is explained on every page that has some."""
    return _marks(cell.verdict, cell.is_provisional, cell.is_restated, cell.is_stale)


@cache
def _marks(verdict: str, is_provisional: bool, is_restated: bool, is_stale: bool) -> Markup:
    found = [INSTEAD[verdict][0]] if verdict in INSTEAD else []
    row = {"verdict": verdict, "is_provisional": is_provisional, "is_restated": is_restated, "is_stale": is_stale}
    found += [mark for mark, stands, _ in BESIDE if stands({**row, "is_break_in_series": False})]
    return Markup(" ").join(
        [Markup('<span class="mark">{} {}</span>').format(mark, MARK_WORDS[mark]) for mark in found]
    )


def figure_in_page(cell: Cell | None, unit: str) -> Markup:
    """The value of a cell with the key by which it is found in the release, or the word that stands for it."""
    if cell is None:
        return Markup('<span class="none">{}</span>').format(NO_FIGURE)
    if not cell.is_shown:
        return Markup('<span class="held">{}</span>').format(instead(cell))
    said = value_words(cell, unit).__html__()
    return Markup(f'<b data-cell="{escape(cell.key)}">{said}</b>')


def columns_in_page(cell: Cell | None, unit: str) -> Markup:
    """Value, interval and number of cases as three columns of a table."""
    bounds, n = "", ""
    if cell is not None and cell.is_shown:
        bounds, n = interval(cell.low, cell.high, unit), sample(cell)
    return Markup(
        f'<td class="number">{figure_in_page(cell, unit)}</td><td class="number soft">{bounds}</td><td class="number soft">{n}</td>'
    )


#: What a reader calls a mark.
MARK_WORDS = {
    "[c]": Words("隐去", "suppressed"),
    "[x]": Words("暂缓", "withheld"),
    "[z]": Words("不评", "not rated"),
    "[u]": Words("仅区间", "interval only"),
    "[p]": Words("暂定", "provisional"),
    "[r]": Words("已修订", "revised"),
    "[b]": Words("序列中断", "break"),
    "[o]": Words("沿用", "old"),
}
