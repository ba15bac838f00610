"""Axes: where a figure lies in a drawing, and which round figures are written beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
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


def both(words: Words) -> Markup:
    """Words inside a drawing."""
    if words.zh == words.en:
        return Markup("{}").format(words.zh)
    return Markup('<tspan class="zh">{}</tspan><tspan class="en">{}</tspan>').format(words.zh, words.en)


def text(x: float, y: float, words: Words | str, css_class: str, anchor: str = "start") -> Markup:
    shown = both(words) if isinstance(words, Words) else words
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(
        x, y, css_class, anchor, shown
    )


def picture(width: float, height: float, css_class: str, said: Words, parts: Iterable[str]) -> Markup:
    """The drawing with what it says for those who cannot see it. It holds no links."""
    return Markup(
        '<svg class="{}" viewBox="0 0 {:.0f} {:.0f}" width="{:.0f}" height="{:.0f}" role="img" aria-label="{}">{}</svg>'
    ).format(css_class, width, height, width, height, f"{said.zh} / {said.en}", Markup("").join(map(Markup, parts)))
