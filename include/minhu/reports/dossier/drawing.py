"""Small drawings as inline SVG: a line over nights, and the way from sources to KPIs. No library, no clock, no id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from minhu.reports.presentation.values import Words

_WIDTH, _HEIGHT, _MOST_POINTS = 120, 22, 120
#: Columns of the lineage, and how high a name is.
_COLUMN_X, _NODE_WIDTH, _ROW = (8.0, 220.0, 520.0, 800.0), 150, 19


def sparkline(values: Sequence[int], name: Words, css_class: str = "") -> Markup:
    """A count over nights; of several nights that share a point the largest is drawn."""
    if not values or not any(values):
        return Markup("")
    step = -(-len(values) // _MOST_POINTS)
    points = [max(values[i : i + step]) for i in range(0, len(values), step)]
    top = max(points)
    width = _WIDTH - 6
    across = width / max(len(points) - 1, 1)
    placed = [(3 + i * across, _HEIGHT - 3 - (_HEIGHT - 6) * v / top) for i, v in enumerate(points)]
    if len(placed) == 1:
        placed = [(3.0, placed[0][1]), (3.0 + width, placed[0][1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    area = f"3,{_HEIGHT - 3} {line} {placed[-1][0]:.1f},{_HEIGHT - 3}"
    numbers = (min(values), top, values[-1])
    said = "{}：最少 {:,}，最多 {:,}，末夜 {:,} / {}: {:,} to {:,}, last {:,}".format(
        name.zh, *numbers, name.en, *numbers
    )
    return Markup(
        '<svg class="spark {}" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<polygon points="{}"/><polyline points="{}"/><circle cx="{}" cy="{}" r="2"/></svg>'
    ).format(
        css_class, _WIDTH, _HEIGHT, _WIDTH, _HEIGHT, said, area, line, f"{placed[-1][0]:.1f}", f"{placed[-1][1]:.1f}"
    )  # fmt: skip


def lineage(
    layers: Sequence[Sequence[str]],
    edges: Sequence[tuple[str, str]],
    names: Mapping[str, Words],
    colours: Mapping[str, str],
) -> Markup:
    """Four layers from left to right; names in a layer stand near those they hang on.

    Args:
        layers: names by layer, the first in the order it shall have.
        edges: from a name of one layer to one of the next.
        names: what is written for a name; the name itself where it is missing.
        colours: CSS class by name.
    """
    ordered = [list(layers[0])]
    for layer in layers[1:]:
        place = {name: i / max(len(ordered[-1]), 1) for i, name in enumerate(ordered[-1])}

        def centre(name: str, place: dict[str, float] = place) -> tuple[float, str]:
            above = [place[a] for a, b in edges if b == name and a in place]
            return (sum(above) / len(above) if above else 1.0, name)

        ordered.append(sorted(layer, key=centre))
    height = max(len(layer) for layer in ordered) * _ROW + 20
    spot: dict[str, tuple[float, float]] = {}
    for x, layer in zip(_COLUMN_X, ordered, strict=True):
        gap = height / len(layer) if layer else 0
        spot.update({name: (x, gap * (i + 0.5)) for i, name in enumerate(layer)})
    parts: list[Markup] = []
    for start, end in sorted(edges):
        (x1, y1), (x2, y2) = spot[start], spot[end]
        x1 += _NODE_WIDTH
        middle = (x1 + x2) / 2
        parts.append(
            Markup('<path class="edge {}" d="M{:.0f} {:.1f}C{:.0f} {:.1f} {:.0f} {:.1f} {:.0f} {:.1f}"/>').format(
                colours.get(start, ""), x1, y1, middle, y1, middle, y2, x2, y2
            )
        )
    for name, (x, y) in sorted(spot.items()):
        words = names.get(name, Words(name, name))
        parts.append(
            Markup(
                '<g class="node {}"><rect x="{:.0f}" y="{:.1f}" width="{}" height="16" rx="2"/>'
                '<text x="{:.0f}" y="{:.1f}">{}</text></g>'
            ).format(colours.get(name, ""), x, y - 8, _NODE_WIDTH, x + 6, y + 4, _both(words))
        )
    said = (
        "从来源经落地表与计数模型到指标组的数据流 / from sources over landed tables and count models to groups of KPIs"
    )
    return Markup('<svg class="lineage" viewBox="0 0 960 {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        height, said, Markup("").join(parts)
    )


def _both(words: Words) -> Markup:
    if words.zh == words.en:
        return Markup("{}").format(words.zh)
    return Markup('<tspan class="zh">{}</tspan><tspan class="en">{}</tspan>').format(words.zh, words.en)
