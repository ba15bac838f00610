"""Pages to look things up: definitions, schemes, how to cite and check a figure, downloads, the comparison."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from text_unidecode import unidecode

from minhu.release.marks import INSTEAD
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site import periods
from minhu.reports.site.cells import MARK_WORDS, NO_FIGURE, Cell
from minhu.reports.site.content import Content
from minhu.reports.site.reading import Row
from minhu.reports.site.rendering import Page
from minhu.reports.site.subjects import Kpi, name_of_scheme, slug

#: Levels that can be compared; communities are too many for one file a KPI.
_COMPARED = ("city", "district", "street", "unit")
_NO_TARGET = Words("无", "none")


def build_all(content: Content) -> Iterator[Page]:
    """The pages in the order of the menu."""
    yield compare(content)
    yield schemes(content)
    yield definitions(content)
    yield downloads(content)
    yield cite(content)


def definitions(content: Content) -> Page:
    """Every KPI with its definition in a sentence and the versions that broke its series."""
    lines = [
        {
            "kpi": kpi,
            "meaning": Words(
                kpi.contract["description_zh"] or kpi.contract["description"] or "–", kpi.contract["description"] or "–"
            ),
            "standard": words.standard(kpi.contract["standard"]),
            "version": kpi.contract["contract_version"],
            "breaks": [
                row["valid_from"] for row in content.versions.get((kpi.kpi_id, kpi.variant), ()) if row["is_break"]
            ],
        }
        for kpi in content.kpis
    ]
    return Page("definitions.html", "definitions.html", Words("定义", "Definitions"), {"lines": lines}, has_marks=False)


def schemes(content: Content) -> Page:
    """Schemes of assessment, as they are published."""
    by_scheme: defaultdict[str, list[Row]] = defaultdict(list)
    for row in content.schemes:
        by_scheme[row["scheme"]].append(row)
    names = {kpi.kpi_id: kpi for kpi in content.kpis}
    listed = [
        {
            "name": name_of_scheme(rows[0]),
            "sources": list(dict.fromkeys(_source(row) for row in rows if row["source"])),
            "lines": [
                {
                    "row": row,
                    "kpi": names.get(row["kpi_id"]),
                    "target": _NO_TARGET if row["target"] is None else f"{row['target']:g} %",
                    "levels": _levels(row["applies_to"]),
                }
                for row in rows
            ],
        }
        for _, rows in sorted(by_scheme.items())
    ]
    return Page("schemes.html", "schemes.html", Words("考评方案", "Schemes"), {"schemes": listed}, has_marks=False)


def _source(row: Row) -> Words:
    return Words(row["source_zh"] or row["source"], row["source"])


def _levels(codes: str) -> Words:
    found = [words.of(level, words.LEVELS) for level in codes.split()]
    return Words("、".join(level.zh for level in found), ", ".join(level.en for level in found))


def downloads(content: Content) -> Page:
    """How to take figures along: commands that make files of this release, and a button a KPI for who has none."""
    release = content.release.release_id
    values = {
        "all": [
            *(f"minhu export --as {kind} --release {release}" for kind in ("csv", "xlsx", "parquet")),
            *(f"minhu export --kpi {kpi.kpi_id} --as xlsx --release {release}" for kpi in content.kpis[:1]),
        ],
        "kpis": [{"kpi": kpi, "file": slug(kpi.kpi_id)} for kpi in content.kpis],
        "tables": [
            {"name": name, "rows": f"{sum(f.rows for f in content.release.files if f.table == name):,}"}
            for name in content.release.table_names
        ],
    }
    return Page("downloads.html", "downloads.html", Words("下载", "Downloads"), values, has_marks=False)


def cite(content: Content) -> Page:
    """What to write down so that anybody can find and prove a figure."""
    city, release = content.city, content.release
    cell = next(
        (
            found
            for kpi in content.kpis
            if city is not None and (found := content.at_headline(kpi, *city.key)) is not None and found.is_shown
        ),
        None,
    )
    values = {
        "cell": cell,
        "kpi": next((kpi for kpi in content.kpis if cell is not None and kpi.kpi_id == cell.kpi_id), None),
        "manifest": release.manifest_sha256,
        "content_sha256": release.manifest["content_sha256"],
        "commands": [
            f"minhu verify {release.release_id}",
            *(
                [
                    f"minhu explain {cell.kpi_id} {cell.unit_code} {cell.period_start:%Y-%m} --release {release.release_id}"
                ]
                if cell
                else []
            ),
            f"minhu site {release.release_id} --check",
        ],
    }
    return Page("cite.html", "cite.html", Words("引用与核验", "Cite and check"), values, has_marks=False)


def compare(content: Content) -> Page:
    """Two units or periods of a KPI, and their difference with its interval."""
    units = [unit for unit in content.units if unit.unit_type in _COMPARED]
    levels = [
        {"name": words.of(level, words.LEVELS), "units": [unit for unit in units if unit.unit_type == level]}
        for level in dict.fromkeys(unit.unit_type for unit in units)
    ]
    kpis = [{"kpi": kpi, "file": slug(kpi.kpi_id)} for kpi in content.kpis]
    values = {"kpis": kpis, "levels": levels, "second": units[1] if len(units) > 1 else None}
    return Page("compare.html", "compare.html", Words("比较", "Compare"), values)


def data_files(content: Content) -> Iterator[tuple[str, bytes]]:
    """Shown figures of a KPI, as scripts that a page opened from disk can read."""
    for kpi in content.kpis:
        yield f"data/{slug(kpi.kpi_id)}.js", _call("minhuCells", _json(kpi.kpi_id), _figures(content, kpi))


def names(content: Content) -> bytes:
    """Names and addresses for the search, with the pinyin by which they are found as well."""
    found = [[f"{kpi.kpi_id} {kpi.name.zh} {kpi.name.en}", kpi.address, pinyin(kpi.name.zh)] for kpi in content.kpis]
    found += [[f"{unit.name} {unit.code}", unit.address, pinyin(unit.name)] for unit in content.units]
    return _call("minhuNames", _json(found))


def pinyin(name: str) -> str:
    """A name in pinyin without tones, whole and by initials, as ``beilinqu blq``; of each character its commonest reading."""
    syllables = unidecode(name).lower().split()
    return f"{''.join(syllables)} {''.join(syllable[:1] for syllable in syllables)}"


def _figures(content: Content, kpi: Kpi) -> str:
    units = [u for u in content.units if u.unit_type in _COMPARED and (kpi.kpi_id, *u.key) in content.cells]
    found = {f"{unit.unit_type}/{unit.code}": content.cells[kpi.kpi_id, *unit.key] for unit in units}
    named = {day: str(day) for of_unit in found.values() for day in {cell.period_start for cell in of_unit}}
    figures = []
    for unit, of_unit in found.items():
        cells = ",".join([f'"{named[cell.period_start]}":{_figure(cell)}' for cell in of_unit])
        figures.append(f"{_json(unit)}:{{{cells}}}")
    told = {
        "share": kpi.unit == "share",
        "names": {f"{unit.unit_type}/{unit.code}": unit.name for unit in units},
        "marks": {mark: _both(MARK_WORDS[mark]) for mark, _ in INSTEAD.values()} | {"": _both(NO_FIGURE)},
        "periods": {text: _both(periods.name(kpi.period_type, day)) for day, text in sorted(named.items())},
    }
    return _json(told)[:-1] + ',"cells":{' + ",".join(figures) + "}}"


def _both(said: Words) -> list[str]:
    return [said.zh, said.en]


def _figure(cell: Cell) -> str:
    """JSON of a shown figure with its interval, its cases and, where it will still change, a 1; or of the mark instead."""
    if not cell.is_shown:
        return f'"{INSTEAD[cell.verdict][0]}"' if cell.verdict in INSTEAD else '""'
    shown = f"{_short(cell.value)},{_short(cell.low)},{_short(cell.high)},{_short(cell.n)}"
    return f"[{shown},1]" if cell.is_provisional else f"[{shown}]"


def _short(value: float | None) -> str:
    """Six digits, or all of a larger whole number: more than a page shows, and half as long as what a computer holds."""
    if value is None:
        return "null"
    return f"{value:.6g}" if -1e6 < value < 1e6 else f"{value:.0f}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _call(function: str, *values: str) -> bytes:
    """A classic script of one call, of values in JSON; no text in it can end a script or a line."""
    text = ",".join(values)
    for character in ("<", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"{function}({text});\n".encode()
