"""A waterfall: a figure counted the strictest way, what each rule adds to it, and what it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from minhu.reports.presentation.values import Words
from minhu.reports.site.drawing.scale import fitted, picture, text

_ROW, _TOP = 30, 8


@dataclass(frozen=True)
class Step:
    """One way of counting.

    Attributes:
        name: what is counted so, or which rule is applied.
        value: the figure after it, in the unit of the KPI.
        said: the figure in words, or for a rule what it adds, with its sign.
    """

    name: Words
    value: float
    said: Words


def waterfall(steps: Sequence[Step], said: Words, limits: tuple[float, float] | None) -> Markup:
    """The first and the last step as points, those between as bars of what they add: only differences have a length."""
    width, left, right = 620, 236, 118
    height = _TOP + _ROW * len(steps) + 6
    x = fitted([step.value for step in steps], left, width - right, limits)
    parts: list[str] = []
    for number, step in enumerate(steps):
        top, at = _TOP + _ROW * number, x(step.value)
        before = x(steps[number - 1].value) if number else at
        parts.append(text(left - 14, top + 15, step.name, "row", "end"))
        if number + 1 < len(steps):
            parts.append(f'<path class="grid" d="M{at:.1f} {top + 12}v{_ROW}"/>')
        if number in (0, len(steps) - 1):
            parts.append(f'<circle class="dot" cx="{at:.1f}" cy="{top + 11}" r="4.5"/>')
        else:
            kind, start = ("more", before) if at >= before else ("less", at)
            parts.append(
                f'<rect class="{kind}" x="{start:.1f}" y="{top + 4}" width="{max(abs(at - before), 1.5):.1f}" height="14"/>'
            )
        parts.append(text(max(at, before) + 9, top + 15, step.said, "row"))
    return picture(width, height, "waterfall", said, parts)
