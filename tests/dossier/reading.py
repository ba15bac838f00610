"""Reading a page as a person sees it in Chinese or English, and as a browser would load it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "input", "br", "link", "img", "hr"}


@dataclass
class Read:
    """What stands in a page.

    Attributes:
        tables: rows of text in the language by caption; the first row are the headings.
        ids: all anchors.
        links: addresses of links.
        loads: addresses that a browser would load by itself.
        tags: every tag that was opened.
        unclosed: tags that were never closed.
        text, main: all that is read, and what stands below the head of the page, there without names of units.
    """

    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    text: str = ""
    main: str = ""

    def row(self, caption: str, first: str) -> list[str]:
        """The row of a table that begins with a word."""
        return next(row for row in self.tables[caption] if row[0] == first)


def read(path: Path, language: str = "zh") -> Read:
    parser = _Parser({"zh": "en", "en": "zh"}[language])
    parser.feed(path.read_text(encoding="utf-8"))
    parser.found.unclosed = parser.open
    return parser.found


class _Parser(HTMLParser):
    def __init__(self, other: str) -> None:
        super().__init__()
        self.other = other
        self.found = Read()
        self.open: list[str] = []
        self.classes: list[str] = []
        self.hidden: list[int] = []  # depths at which the other language began
        self.caption: list[str] | None = None
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        attrs = {name: value or "" for name, value in attributes}
        self.found.tags.append((tag, attrs))
        if "id" in attrs:
            self.found.ids.append(attrs["id"])
        if tag == "a":
            self.found.links.append(attrs["href"])
        self.found.loads += [attrs[n] for n in ("src", "srcset", "data", "poster", "action") if n in attrs]
        self.found.loads += [attrs["href"]] if "href" in attrs and tag != "a" else []
        if tag in _VOID:
            return
        self.open.append(tag)
        self.classes.append(attrs.get("class", ""))
        if attrs.get("class") == self.other:
            self.hidden.append(len(self.open))
        if tag == "table":
            self.rows = []
        elif tag == "caption":
            self.caption = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cell = []

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.tags.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        if self.hidden and self.hidden[-1] == len(self.open):
            self.hidden.pop()
        self.open.pop()
        self.classes.pop()
        if tag in ("td", "th") and self.cell is not None:
            self.rows[-1].append("".join(self.cell).strip())
            self.cell = None
        elif tag == "caption" and self.caption is not None:
            name = "".join(self.caption).strip()
            number = sum(known.split(" #")[0] == name for known in self.found.tables)
            self.found.tables[f"{name} #{number + 1}" if number else name] = self.rows
            self.caption = None

    def handle_data(self, data: str) -> None:
        if self.hidden or (self.open and self.open[-1] in ("style", "script")):
            return
        self.found.text += data
        if "main" in self.open and "unit" not in self.classes:
            self.found.main += data
        if self.caption is not None:
            self.caption.append(data)
        if self.cell is not None:
            self.cell.append(data)
