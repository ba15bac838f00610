"""Figures over time: a sparkline, a chart with band and limits, small ones beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from minhu.reports.presentation.values import Words
from minhu.reports.site.drawing.scale import Scale, fitted, of_time, picture, text

_DAY = timedelta(days=1)


class Point(NamedTuple):
    """One period: its figure with its interval, or none and the mark that stands for it.

    Attributes:
        is_open: the figure will still change.
        said: what a reader is told who points at it.
    """

    start: date
    end: date
    value: float | None
    low: float | None = None
    high: float | None = None
    is_open: bool = False
    mark: str = ""
    signal: str = ""
    said: str = ""


@dataclass(frozen=True)
class Limits:
    """Process limits from one period to another, made of shown figures."""

    start: date
    end: date
    mean: float
    low: float | None
    high: float | None


def runs(points: Sequence[Point]) -> list[list[Point]]:
    """Shown periods that follow one another without a gap."""
    found: list[list[Point]] = []
    for point in points:
        if point.value is None:
            continue
        if found and found[-1][-1].end + _DAY == point.start:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def sparkline(
    points: Sequence[Point], said: Words, limits: tuple[float, float] | None, width: int = 132, height: int = 30
) -> Markup:
    """A line with its band, gaps where nothing is shown; empty where no period is."""
    shown = [point for point in points if point.value is not None]
    if not shown:
        return Markup("")
    x = of_time([points[0].start, points[-1].start], 4, width - 5)
    y = _over(shown, height - 4, 4, limits)
    last = shown[-1]
    bands, lines = _bands_and_lines(runs(points), x, y)
    parts = [*bands, *lines, _dot(last, x, y, 2.2)]
    return picture(width, height, "series spark", said, parts)


def small(
    points: Sequence[Point], beside: Sequence[Point], y_of: Sequence[Point], said: Words,
    limits: tuple[float, float] | None, label: Callable[[float], str],
) -> Markup:  # fmt: skip
    """One of several small charts that share an axis (of ``y_of``), with another series in grey behind it."""
    width, height, left = 220, 96, 42
    everything = [point for point in (*points, *beside) if point.value is not None]
    if not everything:
        return Markup("")
    x = of_time(sorted({point.start for point in (*points, *beside)}), left, width - 6)
    y = _over([p for p in y_of if p.value is not None], height - 8, 6, limits)
    parts: list[str] = [_grid(value, left, width, y, label(value)) for value in y.ticks(3)]
    for run in runs(beside):
        if len(run) > 1:
            parts.append(_line(_texts(x.each([point.start.toordinal() for point in run])), run, y, "line beside"))
    found = runs(points)
    bands, lines = _bands_and_lines(found, x, y)
    parts += [*bands, *lines]
    parts += [_dot(run[0], x, y, 1.6) for run in found if len(run) == 1]
    return picture(width, height, "series small", said, parts)


def chart(
    points: Sequence[Point],
    said: Words,
    bounds: tuple[float, float] | None,
    label: Callable[[float], str],
    limits: Sequence[Limits] = (),
    target: tuple[float, Words] | None = None,
    breaks: Sequence[tuple[date, Words]] = (),
) -> Markup:
    """The long chart of a KPI: band of intervals, limits of the process, target, breaks, marks of what is hidden."""
    width, height, left, right, top, bottom = 760, 300, 62, 14, 16, 40
    shown = [point for point in points if point.value is not None]
    if not shown:
        return Markup("")
    x = of_time([points[0].start, points[-1].start], left + 10, width - right - 10)
    more = [v for limit in limits for v in (limit.low, limit.high)] + ([target[0]] if target else [])
    y = fitted([v for p in shown for v in (p.value, p.low, p.high)] + more, height - bottom, top, bounds)
    parts = [_grid(value, left, width - right, y, label(value)) for value in y.ticks(5)]
    parts += _time_axis([p.start for p in points], x, height - bottom)
    for limit in limits:
        parts += _limit(limit, x, y)
    bands, lines = _bands_and_lines(runs(points), x, y)
    parts += bands
    named: list[str] = []
    if target:
        at = y(target[0])
        parts.append(f'<path class="target" d="M{left:.1f} {at:.1f}H{width - right:.1f}"/>')
        named.append(text(left + 4, at - 5, target[1], "target-name"))
    for day, words in breaks:
        if points[0].start <= day <= points[-1].end:
            at = x(day.toordinal())
            parts.append(f'<path class="break" d="M{at:.1f} {top:.1f}V{height - bottom:.1f}"/>')
            parts.append(text(at + 3, top + 8, words, "break-name"))
    parts += lines
    parts += [_dot(point, x, y, 3) for point in shown]
    parts += [
        text(x(point.start.toordinal()), height - bottom - 4, point.mark, "hidden-mark", "middle")
        for point in points
        if point.value is None and point.mark
    ]
    return picture(width, height, "series chart", said, [*parts, *named])


def _over(shown: Sequence[Point], start: float, end: float, limits: tuple[float, float] | None) -> Scale:
    return fitted([value for point in shown for value in (point.value, point.low, point.high)], start, end, limits)


def _bands_and_lines(found: Sequence[Sequence[Point]], x: Scale, y: Scale) -> tuple[list[str], list[str]]:
    """The intervals of runs of shown periods, and the lines through them."""
    bands: list[str] = []
    lines: list[str] = []
    for run in found:
        days = _texts(x.each([point.start.toordinal() for point in run]))
        if len(run) > 1:
            lines.append(_line(days, run, y, "line"))
        edge = [point for point in run if point.low is not None and point.high is not None]
        if len(edge) < len(run):
            days = _texts(x.each([point.start.toordinal() for point in edge]))
        lows = _texts(y.each([point.low or 0.0 for point in edge]))
        highs = _texts(y.each([point.high or 0.0 for point in edge]))
        if len(edge) == 1:
            bands.append(f'<path class="whisker" d="M{days[0]} {lows[0]}V{highs[0]}"/>')
        elif edge:
            outline = _placed(days, highs) + " " + _placed(days[::-1], lows[::-1])
            bands.append(f'<polygon class="band" points="{outline}"/>')
    return bands, lines


def _line(days: Sequence[str], run: Sequence[Point], y: Scale, css_class: str) -> str:
    placed = _placed(days, _texts(y.each([point.value or 0.0 for point in run])))
    return f'<polyline class="{css_class}" points="{placed}"/>'


def _texts(places: Sequence[float]) -> list[str]:
    return [f"{place:.1f}" for place in places]


def _placed(across: Sequence[str], down: Sequence[str]) -> str:
    return " ".join([f"{x},{y}" for x, y in zip(across, down, strict=True)])


def _dot(point: Point, x: Scale, y: Scale, radius: float) -> str:
    kind = "dot open" if point.is_open else "dot"
    if point.signal:
        kind, radius = f"{kind} signal", radius + 1
    title = f"<title>{escape(point.said)}</title>" if point.said else ""
    at = f'cx="{x(point.start.toordinal()):.1f}" cy="{y(point.value or 0.0):.1f}" r="{radius:.1f}"'
    return f'<circle class="{kind}" {at}>{title}</circle>' if title else f'<circle class="{kind}" {at}/>'


def _grid(value: float, left: float, right: float, y: Scale, label: str) -> str:
    line = f'<path class="grid" d="M{left:.1f} {y(value):.1f}H{right:.1f}"/>'
    return line + text(left - 6, y(value) + 4, label, "tick", "end")


def _time_axis(days: Sequence[date], x: Scale, bottom: float) -> list[str]:
    """Months that are named: all of a few, else each January, April, July and October, the year under the first of it."""
    parts: list[str] = []
    named_year = 0
    is_long = days[-1] - days[0] > timedelta(days=100)
    are_months = is_long or all(day.day == 1 for day in days)
    for day in days:
        if len(days) > 14 and is_long and (day.month - 1) % 3:
            continue
        if not is_long and day not in days[:: max(1, len(days) // 8)]:
            continue
        at = x(day.toordinal())
        name = f"{day.month}" if are_months else f"{day.month}-{day.day}"
        parts.append(f'<path class="grid" d="M{at:.1f} {bottom:.1f}v4"/>')
        parts.append(text(at, bottom + 16, name, "tick", "middle"))
        if day.year != named_year:
            named_year = day.year
            parts.append(text(at, bottom + 31, str(day.year), "tick year", "middle"))
    return parts


def _limit(limit: Limits, x: Scale, y: Scale) -> list[str]:
    start, end = x(limit.start.toordinal()), x(limit.end.toordinal())
    return [
        f'<path class="{kind}" d="M{start:.1f} {y(value):.1f}H{end:.1f}"/>'
        for kind, value in (("mean", limit.mean), ("limit", limit.low), ("limit", limit.high))
        if value is not None
    ]
