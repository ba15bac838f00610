"""A funnel of units: proportion against sample size, with limits that chance alone seldom leaves.

Limits are p ± z·sqrt(φ·p(1-p)/n) with the pooled share p of the peers and the overdispersion φ (Spiegelhalter 2005), both
as the release publishes them; z is 1.96 for 95 % and 3.09 for 99.8 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from markupsafe import Markup

from minhu.reports.presentation.values import Words, share
from minhu.reports.site.drawing.scale import Scale, fitted, picture, text

_STEPS = 48
_LIMITS = (("limit95", 1.96), ("limit998", 3.09))


@dataclass(frozen=True)
class Dot:
    """A unit: sample size, share, and how the release places it (inside, outside_95, outside_998)."""

    n: float
    value: float
    position: str
    name: str


def funnel(dots: Sequence[Dot], pooled: float, overdispersion: float, said: Words) -> Markup:
    """The funnel of one group of peers, only of units whose figures are shown."""
    width, height, left, bottom, top = 430, 270, 52, 36, 10
    largest, smallest = max(dot.n for dot in dots), min(dot.n for dot in dots)
    x = Scale(0, largest * 1.06, left, width - 10)
    spread = 3.09 * sqrt(overdispersion * pooled * (1 - pooled) / smallest)
    reach = [max(pooled - spread, 0.0), min(pooled + spread, 1.0)]
    y = fitted([dot.value for dot in dots] + reach, height - bottom, top, (0.0, 1.0))
    parts: list[str] = []
    for value in y.ticks(5):
        parts.append(f'<path class="grid" d="M{left} {y(value):.1f}H{width - 10}"/>')
        parts.append(text(left - 6, y(value) + 4, str(share(value, 0 if y.high - y.low > 0.05 else 1)), "tick", "end"))
    for value in x.ticks(5):
        parts.append(text(x(value), height - bottom + 16, f"{value:,.0f}", "tick", "middle"))
    parts.append(text(width - 10, height - 6, Words("样本量 n", "sample size n"), "tick", "end"))
    parts.append(f'<path class="mean" d="M{left} {y(pooled):.1f}H{width - 10}"/>')
    for kind, z in _LIMITS:
        for sign in (-1, 1):
            placed = []
            for i in range(_STEPS + 1):
                n = smallest * 0.9 + (x.high - smallest * 0.9) * (i / _STEPS) ** 2
                limit = pooled + sign * z * sqrt(overdispersion * pooled * (1 - pooled) / n)
                placed.append(f"{x(n):.1f},{y(min(max(limit, y.low), y.high)):.1f}")
            parts.append(f'<polyline class="{kind}" points="{" ".join(placed)}"/>')
    for dot in sorted(dots, key=lambda dot: dot.position != "inside"):
        told = escape(f"{dot.name} {share(dot.value, 1)} (n={dot.n:,.0f})")
        at = f'cx="{x(dot.n):.1f}" cy="{y(dot.value):.1f}" r="3.2"'
        parts.append(f'<circle class="dot {dot.position}" {at}><title>{told}</title></circle>')
    taken: list[tuple[float, float]] = []
    for dot in sorted((d for d in dots if d.position == "outside_998"), key=lambda d: -d.n):
        spot = (x(dot.n), y(dot.value))
        if all(abs(spot[0] - a) > 70 or abs(spot[1] - b) > 11 for a, b in taken) and len(taken) < 8:
            taken.append(spot)
            is_left = spot[0] > width - 110
            parts.append(
                text(
                    spot[0] + (-6 if is_left else 6), spot[1] + 4, dot.name[:12], "name", "end" if is_left else "start"
                )
            )
    return picture(width, height, "funnel", said, parts)


def rank_bar(best: float, worst: float, likely: float | None, count: float, said: Words) -> Markup:
    """Where a unit likely stands among its peers: a bar from its best to its worst likely rank."""
    width, height = 96, 14
    x = Scale(1, max(count, 2), 5, width - 5)
    parts = [
        f'<path class="ranks" d="M{x(best) - 1.5:.1f} 7H{x(worst) + 1.5:.1f}"/>',
    ]
    if likely is not None:
        parts.append(f'<circle class="dot" cx="{x(likely):.1f}" cy="7" r="2.4"/>')
    return picture(width, height, "rank", said, parts)
