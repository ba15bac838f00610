"""A table of an order file as it was written: texts, and where each row stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from minhu.errors import PermanentError

#: Names of columns are shown in messages where they are short; a long text in the first row is no name.
_LONGEST_NAME = 60
_MOST_NAMES = 60


@dataclass(frozen=True)
class Table:
    """Rows of text under names of columns.

    Attributes:
        name: of the file, with the sheet where there are several.
        header: names of the columns.
        rows: cells of each row, as many as there are columns; None where the file has nothing.
        numbers: line or row number in the file of each row, from 1.
        torn: number and reason of rows that have too few or too many cells.
        kind: what the file is, for messages.
        unread: sheets of the same workbook that are not read.
    """

    name: str
    header: list[str]
    rows: Sequence[Sequence[str | None]]
    numbers: Sequence[int]
    torn: list[tuple[int, str]] = field(default_factory=list)
    kind: str = "text"
    unread: tuple[str, ...] = ()

    @property
    def is_workbook(self) -> bool:
        """Whether times may be a workbook's own."""
        return self.kind == "workbook"


def check_header(name: str, header: Sequence[str]) -> None:
    """Refuse a first row that names no columns, or one of them twice.

    Raises:
        PermanentError: it does. What stands in it is not told, for without names it may be an order.
    """
    if not any(header):
        refuse(name, "expected a row of column names, found nothing", "send it again, or leave it out")
    twice = sorted({text for text in header if text and header.count(text) > 1})
    if twice:
        places = [str(place) for place, text in enumerate(header, start=1) if text == twice[0]]
        refuse(
            name,
            f"expected different column names, found one twice: columns {' and '.join(places)}",
            "rename one of them",
        )


def shown_names(names: Sequence[str]) -> str:
    """Names of columns for a message."""
    shown = [text if len(text) <= _LONGEST_NAME else f"one of {len(text)} characters" for text in names[:_MOST_NAMES]]
    return ", ".join(shown) + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


def refuse(name: str, happened: str, next_step: str) -> NoReturn:
    """Stop at a file that cannot be read.

    Raises:
        PermanentError: always.
    """
    raise PermanentError(f"read {name}", happened, next_step)
