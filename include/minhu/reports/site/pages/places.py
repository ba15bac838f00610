"""Lists of units: every place and responsible unit by what it lies in, and the tile map of streets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site.cells import Cell, number
from minhu.reports.site.content import Content
from minhu.reports.site.pages.index import ANSWERS
from minhu.reports.site.rendering import Page
from minhu.reports.site.subjects import Kpi, Unit

#: Shades of a tile map, from the lowest fifth of the range to the highest.
_SHADES = 5
_OTHERS = Words("其他", "others")


@dataclass(frozen=True)
class Tile:
    """A street on the tile map: its shade, or none where its figure is not shown."""

    unit: Unit
    cell: Cell | None
    shade: int | None


def units(content: Content) -> Page:
    """Every unit that has a page; communities stand on the pages of their streets."""
    inside: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in content.units:
        if unit.unit_type == "street":
            inside[unit.parent].append(unit)
    districts = [unit for unit in content.units if unit.unit_type == "district"]
    known = {unit.code for unit in districts}
    groups = [{"head": unit, "units": inside[unit.code]} for unit in districts]
    lost = [unit for code, found in sorted(inside.items()) if code not in known for unit in found]
    if lost:
        groups.append({"head": None, "units": lost})
    values = {
        "city": content.city,
        "groups": groups,
        "responsible": _by_kind([unit for unit in content.units if unit.unit_type == "unit"]),
    }
    return Page("units.html", "units.html", Words("区县街镇与承办单位", "Places and units"), values, has_marks=False)


def _by_kind(units: list[Unit]) -> list[dict[str, object]]:
    """Responsible units of a kind together, in the order of the contract; others at the end."""
    kinds = [kind for kind in words.UNIT_KINDS if any(unit.kind == kind for unit in units)]
    grouped = [
        {"name": words.UNIT_KINDS[kind], "units": [unit for unit in units if unit.kind == kind]} for kind in kinds
    ]
    others = [unit for unit in units if unit.kind not in kinds]
    return [*grouped, {"name": _OTHERS, "units": others}] if others else grouped


def tile_map(content: Content) -> Page:
    """Streets as tiles, in blocks of their districts: no borders, so nothing to license, and no distance to misread."""
    maps = [_map(content, kpi) for kpi in content.kpis if kpi.kpi_id in ANSWERS and kpi.kpi_id in content.headline]
    return Page("map.html", "map.html", Words("方格图", "Tile map"), {"maps": maps, "shades": range(_SHADES)})


def _map(content: Content, kpi: Kpi) -> dict[str, object]:
    streets = [unit for unit in content.units if unit.unit_type == "street" and not unit.is_gone]
    cells = {unit: content.at_headline(kpi, *unit.key) for unit in streets}
    shown = [cell.value for cell in cells.values() if cell is not None and cell.is_shown and cell.value is not None]
    low, high = (min(shown), max(shown)) if shown else (0.0, 0.0)
    blocks: defaultdict[str, list[Tile]] = defaultdict(list)
    for unit, cell in cells.items():
        shade = None
        if cell is not None and cell.is_shown and cell.value is not None:
            shade = min(_SHADES - 1, int(_SHADES * (cell.value - low) / (high - low))) if high > low else 0
        blocks[unit.parent].append(Tile(unit, cell, shade))
    hidden = sum(cell is not None and not cell.is_shown for cell in cells.values())
    return {
        "kpi": kpi,
        "period": content.period_of(kpi),
        "blocks": [
            {"district": content.unit_of("district", code), "tiles": tiles} for code, tiles in sorted(blocks.items())
        ],
        "low": number(low, kpi.unit) if shown else "",
        "high": number(high, kpi.unit) if shown else "",
        "hidden": Words(f"斜线：未公布的 {hidden} 个", f"hatched: {hidden} that are not shown")
        if hidden
        else Words("全部公布", "all are shown"),
        "level": words.of("street", words.LEVELS),
    }
