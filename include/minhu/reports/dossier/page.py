"""The parts a page of the dossier is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from markupsafe import Markup

from minhu.reports.presentation.values import Words

#: No table of a page is longer; what is left away is said under it.
MOST_ROWS = 2000
NONE, NOTHING = Words("无", "none"), Words("", "")
Kind = Literal["text", "number", "key", "picture"]


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers are aligned to the right."""

    title: Words
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """A table with its caption; the first column names the row.

    Attributes:
        left_out: rows that were left away because the table would be too long.
        is_folded: shown behind its caption until it is opened.
    """

    caption: Words
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    left_out: int = 0
    is_folded: bool = False
    empty: Words = NONE


@dataclass(frozen=True)
class Section:
    """A heading with a few sentences, pictures, and tables."""

    title: Words
    notes: Sequence[Words] = ()
    tables: Sequence[Table] = ()
    picture: Markup | None = None
    code: Sequence[str] = ()
    anchor: str = ""


@dataclass(frozen=True)
class Page:
    """One file of the dossier.

    Attributes:
        name: of the file, without its ending.
        title: shown as heading and in the menu.
        parent: the page in whose menu entry this one belongs, "" for one of its own.
    """

    name: str
    title: Words
    sections: Sequence[Section]
    lead: Words = NOTHING
    parent: str = ""
    facts: Sequence[tuple[Words, Any]] = field(default_factory=tuple)
    tiles: Sequence[tuple[Words, Any, str]] = field(default_factory=tuple)


def columns(*titles: tuple[str, str] | tuple[str, str, Kind]) -> list[Column]:
    """Columns from (Chinese, English) or (Chinese, English, kind)."""
    return [Column(Words(t[0], t[1]), t[2] if len(t) == 3 else "text") for t in titles]


def table(
    caption: Words, titles: Sequence[Column], rows: Sequence[Sequence[Any]], *, most: int = MOST_ROWS, **more: Any
) -> Table:
    """A table of at most ``most`` rows that says how many it left away."""
    return Table(caption, titles, rows[:most], left_out=max(len(rows) - most, 0), **more)
