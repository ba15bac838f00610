"""One KPI of one unit as a line of a table: its figure, its past as a small drawing, its place among its peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from minhu.release.marks import INSTEAD
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site import cells, sentences
from minhu.reports.site.cells import Cell
from minhu.reports.site.content import Content
from minhu.reports.site.drawing import funnel, series
from minhu.reports.site.drawing.series import Point
from minhu.reports.site.reading import Row
from minhu.reports.site.signals import signal_words
from minhu.reports.site.subjects import Kpi, Unit

NOTHING = Markup("")


@dataclass(frozen=True)
class Line:
    """What a table says of one KPI and unit."""

    kpi: Kpi
    unit: Unit
    cell: Cell | None
    period: Words
    spark: Markup
    change: Words | Markup
    band: Words | Markup
    rank: Markup
    signal: Words | Markup
    marks: Markup


def line(content: Content, kpi: Kpi, unit: Unit, is_drawn: bool = True) -> Line:
    """The line of a KPI and unit in its headline period, with a drawing of its past where the table has one."""
    key = (kpi.kpi_id, *unit.key)
    cell = content.at_headline(kpi, *unit.key)
    peer, change = content.peers.get(key), content.changes.get((*key, "previous"))
    is_shown = cell is not None and cell.is_shown
    signals = content.signals.get(key, ())
    at_headline = [row for row in signals if row["period_start"] == content.headline.get(kpi.kpi_id)]
    return Line(
        kpi=kpi,
        unit=unit,
        cell=cell,
        period=content.period_of(kpi),
        spark=series.sparkline(points(kpi, content.cells.get(key, ())), said(kpi, unit), bounds(kpi))
        if is_drawn
        else NOTHING,
        change=trend(change, kpi) if is_shown and change else NOTHING,
        band=words.of(cell.band, words.BANDS) if cell is not None and cell.band not in (None, "typical") else NOTHING,
        rank=rank(peer) if is_shown and peer else NOTHING,
        signal=(signal_words(at_headline[-1]) if at_headline else None) or NOTHING,
        marks=cells.marks(cell) if cell is not None else NOTHING,
    )


def columns_of(lines: Sequence[Line]) -> dict[str, bool]:
    """Which columns a table of the lines needs: one that has nothing to say in any line is left out."""
    return {f"has_{name}": any(getattr(line, name) for line in lines) for name in ("change", "band", "rank", "signal")}


def points(kpi: Kpi, found: Sequence[Cell], signals: Sequence[Row] = (), is_pointed: bool = False) -> list[Point]:
    """Cells as periods of a drawing; of one that is not shown only its mark."""
    marked = {row["period_start"]: str(row["signal"]) for row in signals if signal_words(row)}
    return [
        Point(
            cell.period_start, cell.period_end, cell.value, cell.low, cell.high, cell.is_provisional, "",
            marked.get(cell.period_start, "") if marked else "", sentences.pointed(kpi, cell) if is_pointed else "",
        )
        if cell.is_shown
        else Point(cell.period_start, cell.period_end, None, mark=INSTEAD[cell.verdict][0] if cell.verdict in INSTEAD else "")
        for cell in found
    ]  # fmt: skip


def bounds(kpi: Kpi) -> tuple[float, float] | None:
    """Figures that a value of the KPI can have."""
    if kpi.unit == "share" and kpi.contract["interval_method"] == "wilson":
        return 0.0, 1.0
    return {"points": (0.0, 100.0), "count": (0.0, float("inf")), "days": (0.0, float("inf"))}.get(kpi.unit)


def said(kpi: Kpi, unit: Unit) -> Words:
    return Words(f"{unit.name} {kpi.name.zh} 走势", f"{kpi.name.en} over time")


def trend(change: Row, kpi: Kpi) -> Words | Markup:
    """A change with its interval, and whether it is one."""
    text = sentences.change_words(change, kpi.unit)
    if not change["trend"]:
        return text
    name = words.of(change["trend"], words.TRENDS)
    return Words(f"{name.zh} {text.zh}", f"{name.en} {text.en}")


def rank(peer: Row) -> Markup:
    """Likely ranks as an interval in words and as a bar; nothing for a group of one."""
    best, worst, count = peer["rank_likely_best"], peer["rank_likely_worst"], peer["peer_count"]
    if best is None or worst is None:
        best, worst = peer["rank_best"], peer["rank_worst"]
    if best is None or worst is None or not count or count < 2:
        return NOTHING
    text = f"{int(best)}–{int(worst)} / {int(count)}" if best != worst else f"{int(best)} / {int(count)}"
    bar = funnel.rank_bar(best, worst, peer["rank_likely"], count, Words(f"可能的名次 {text}", f"likely ranks {text}"))
    return Markup(f'{bar}<span class="after">{text}</span>')


_PEERS = {
    "city": Words("市", "city"), "district": Words("区县", "districts"), "street": Words("街镇", "streets"),
    "community": Words("社区", "communities"), "department": Words("市级部门", "departments"),
    "district_bureau": Words("区县部门", "district bureaux"), "street_office": Words("街镇单位", "street offices"),
    "company": Words("企业", "companies"), "unit": Words("承办单位", "units"),
}  # fmt: skip
_SIZES = {"small": Words("规模小", "small"), "medium": Words("规模中", "medium"), "large": Words("规模大", "large")}


def peer_group(code: str) -> Words:
    """What a reader calls a group of peers: its kind and size; its code where nobody named it."""
    kind, _, size = code.rpartition("_")
    if kind not in _PEERS or size not in _SIZES:
        return Words(code, code)
    return Words(f"{_PEERS[kind].zh}，{_SIZES[size].zh}", f"{_SIZES[size].en} {_PEERS[kind].en}")
