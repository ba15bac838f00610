"""What a CSV holds, for programs: CSVW, the W3C's *Metadata Vocabulary for Tabular Data* (2015), in the file that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minhu.analysis.downloads.columns import Column, Language, explained_marks
from minhu.atomic import json_bytes
from minhu.release.marks import INSTEAD

#: Where a reader of CSVW looks beside ``X.csv``.
ENDING = "-metadata.json"
#: What stands in place of a value that is not there.
_NOT_THERE = ["", *(mark for mark, _ in INSTEAD.values())]


def beside(path: Path) -> Path:
    """The file that describes a CSV."""
    return path.with_name(path.name + ENDING)


def csvw(path: Path, shown: Sequence[Column], language: Language, city: str, release_id: str) -> bytes:
    """The description of a CSV.

    Args:
        path: of the CSV.
        shown: its columns.
        language: of its header.
        city: whose figures they are.
        release_id: of the release that they were taken from.
    """
    return json_bytes(
        {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": language}],
            "url": path.name,
            "dc:title": {"zh": f"{city}：指标", "en": f"{city}: KPIs"},
            "dc:source": release_id,
            "dc:description": {"zh": _marks("zh"), "en": _marks("en")},
            "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
            "tableSchema": {"columns": [_column(column, language) for column in shown]},
        }
    )


def _column(column: Column, language: Language) -> dict[str, Any]:
    described = {
        "name": column.name,
        "titles": getattr(column.title, language),
        "datatype": _datatype(column),
    }
    return described if column.datatype == "string" else {**described, "null": _NOT_THERE}


def _datatype(column: Column) -> Any:
    # moments are written with a blank between date and time, as spreadsheets know them
    return {"base": "dateTime", "format": "yyyy-MM-dd HH:mm:ss"} if column.datatype == "dateTime" else column.datatype


def _marks(language: Language) -> str:
    return "; ".join(f"{mark} {getattr(text, language)}" for mark, text in explained_marks())
