"""Axes: where a figure lies in a drawing, and which round figures are written beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import floor, log10

from markupsafe import Markup

from minhu.reports.presentation.values import Words


@dataclass(frozen=True)
class Scale:
    """A line from figures to places in a drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def each(self, values: Iterable[float]) -> list[float]:
        """Where each of several figures lies."""
        low, start, per = self.low, self.start, (self.end - self.start) / (self.high - self.low)
        return [start + (value - low) * per for value in values]

    def ticks(self, most: int = 5) -> list[float]:
        """At most ``most`` + 1 round figures within the axis: steps of 1, 2 or 5."""
        span = self.high - self.low
        power = 10.0 ** floor(log10(span / most))
        step = next(s * power for s in (1, 2, 5, 10) if span / (s * power) <= most)
        first = floor(self.low / step) + (0 if self.low / step == floor(self.low / step) else 1)
        return [round(i * step, 10) for i in range(first, floor(self.high / step + 1e-9) + 1)]


def fitted(
    values: Iterable[float | None], start: float, end: float, limits: tuple[float, float] | None = None
) -> Scale:
    """An axis that holds all figures with a little air; ``limits`` are those that a figure can have."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    air = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    low, high = low - air, high + air
    if limits:
        low, high = max(low, limits[0]), min(high, limits[1])
        if high <= low:
            low, high = limits
    return Scale(low, high, start, end)


def of_time(days: Sequence[date], start: float, end: float) -> Scale:
    first, last = days[0].toordinal(), days[-1].toordinal()
    return Scale(first, last if last > first else first + 1, start, end)


def both(words: Words) -> str:
    """Words inside a drawing, escaped."""
    if words.zh == words.en:
        return escape(words.zh)
    return f'<tspan class="zh">{escape(words.zh)}</tspan><tspan class="en">{escape(words.en)}</tspan>'


def text(x: float, y: float, words: Words | str, css_class: str, anchor: str = "start") -> str:
    shown = both(words) if isinstance(words, Words) else escape(words)
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css_class}" text-anchor="{anchor}">{shown}</text>'


def picture(width: float, height: float, css_class: str, said: Words, parts: Iterable[str]) -> Markup:
    """The drawing with what it says for those who cannot see it. It holds no links.

    Args:
        width, height: in pixels where there is room.
        css_class: of the style sheet.
        said: names and figures as they are; they are escaped here.
        parts: elements, escaped.
    """
    name = f"{escape(said.zh)} / {escape(said.en)}"
    return Markup(
        f'<svg class="{css_class}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="{name}">{"".join(parts)}</svg>'
    )
