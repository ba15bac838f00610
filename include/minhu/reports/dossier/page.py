"""The parts a page is made of, and how single values are written. Everything that came from data is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from markupsafe import Markup, escape

#: No table of a page is longer; what is left away is said under it.
MOST_ROWS = 2000
Kind = Literal["text", "number", "key", "picture"]


@dataclass(frozen=True)
class Words:
    """The same words in Chinese and in English; pages hold both and show one."""

    zh: str
    en: str

    def __html__(self) -> Markup:
        if self.zh == self.en:
            return escape(self.zh)
        both = Markup('<span class="zh" lang="zh">{}</span><span class="en" lang="en">{}</span>')
        return both.format(self.zh, self.en)


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
    empty: Words = Words("无", "none")


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
    lead: Words = Words("", "")
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


def shown(value: Any) -> Markup:
    """A value as it stands in a cell."""
    if value is None or value == "":
        return Markup('<span class="none">–</span>')
    if hasattr(value, "__html__"):
        return Markup(value.__html__())
    if isinstance(value, bool):
        return (Words("是", "yes") if value else Words("否", "no")).__html__()
    if isinstance(value, int):
        return Markup(f"{value:,}".replace("-", "−"))
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return Markup(f"{value:,.4g}".replace("-", "−"))
    if isinstance(value, datetime):
        return Markup("<time>{}</time>").format(value.isoformat(sep=" ", timespec="minutes"))
    if isinstance(value, date):
        return Markup("<time>{}</time>").format(value.isoformat())
    return escape(value)


def signed(value: int | None) -> str | None:
    """A difference: with its sign, ±0 written as 0."""
    return None if value is None else f"{value:+,}".replace("-", "−") if value else "0"


def share(value: float | None, digits: int = 2) -> str | None:
    """A share between 0 and 1 as per cent."""
    return None if value is None else f"{100 * value:.{digits}f} %".replace("-", "−")


def figure(value: float | None, unit: str) -> str | None:
    """A figure in the unit of its KPI."""
    if value is None:
        return None
    if unit == "share":
        return share(value)
    digits = 0 if unit == "count" else 2
    return f"{value:,.{digits}f}".replace("-", "−")


def tag(css_class: str, words: Words) -> Markup:
    """A small label, coloured by its class."""
    return Markup('<span class="tag {}">{}</span>').format(css_class, words)


def link(address: str, text: Any) -> Markup:
    """A link inside the dossier."""
    return Markup('<a href="{}">{}</a>').format(address, shown(text))


def keys(text: str | None) -> Markup | None:
    """Business keys, joined by blanks, as they may be copied."""
    found = [key for key in (text or "").split(" ") if key]
    return Markup(" ").join(Markup("<code>{}</code>").format(key) for key in found) if found else None
