"""Turning what a page says into the bytes of its file. Every value is escaped by the template engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment

from minhu.analysis.downloads.columns import explained_marks
from minhu.reports import presentation
from minhu.reports.presentation import templates, words
from minhu.reports.presentation.values import Words
from minhu.reports.site import cells
from minhu.reports.site.content import Content
from minhu.reports.site.labels import LABELS


@dataclass(frozen=True)
class MenuEntry:
    """A page of the menu."""

    address: str
    title: Words


@dataclass(frozen=True)
class Page:
    """One page before it is written.

    Attributes:
        address: of its file below the folder of the site.
        template: it is made with.
        title: shown as heading and in the browser.
        values: what the template shows.
        section: address of the entry of the menu that it belongs to.
        has_marks: the marks of cells are explained at its end.
    """

    address: str
    template: str
    title: Words
    values: dict[str, Any]
    section: str = ""
    has_marks: bool = True


MENU = (
    MenuEntry("index.html", Words("总览", "Overview")),
    MenuEntry("units.html", Words("区县街镇与承办单位", "Places and units")),
    MenuEntry("map.html", Words("方格图", "Tile map")),
    MenuEntry("compare.html", Words("比较", "Compare")),
    MenuEntry("changes.html", Words("变化", "Changes")),
    MenuEntry("held.html", Words("未公布", "Held back")),
    MenuEntry("schemes.html", Words("考评方案", "Schemes")),
    MenuEntry("definitions.html", Words("定义", "Definitions")),
    MenuEntry("downloads.html", Words("下载", "Downloads")),
    MenuEntry("cite.html", Words("引用与核验", "Cite and check")),
)


def render(page: Page, content: Content) -> bytes:
    """One page as the bytes of its file."""
    text = (
        _environment()
        .get_template(page.template)
        .render(
            content=content,
            title=page.title,
            menu=MENU,
            section=page.section or page.address,
            up="../" * page.address.count("/"),
            banner=_banner(content),
            marks_used=_marks() if page.has_marks else (),
            **page.values,
        )
    )
    return text.encode()


def style() -> bytes:
    return (presentation.asset("style.css") + _own("site.css")).encode()


def script() -> bytes:
    return (presentation.asset("page.js") + _own("site.js")).encode()


def compare_script() -> bytes:
    return _own("compare.js").encode()


def _own(name: str) -> str:
    return (resources.files("minhu.reports.site") / "templates" / name).read_text(encoding="utf-8")


def _banner(content: Content) -> dict[str, Words | None]:
    day = content.release.business_date.isoformat()
    names = [words.of(source, words.SOURCES) for source in content.release.manifest["stale_sources"]]
    stale = Words(
        f"沿用旧数：{'、'.join(name.zh for name in names)}当夜未到",
        f"old figures: {', '.join(name.en for name in names)} did not deliver",
    )
    return {
        "as_of": Words(
            f"数值截至 {day} 终了，其后有 [p] 的仍会变动",
            f"Figures as of the end of {day}; those with [p] will still change",
        ),
        "stale": stale if names else None,
    }


@cache
def _marks() -> tuple[tuple[str, Words, Words], ...]:
    return tuple((mark, cells.MARK_WORDS[mark], Words(said.zh, said.en)) for mark, said in explained_marks())


@cache
def _environment() -> Environment:
    environment = templates.environment("minhu.reports.site")
    environment.globals.update(
        words_of=LABELS,
        interval=cells.interval,
        sample=cells.sample,
        number=cells.number,
        figure=cells.figure_in_page,
        columns=cells.columns_in_page,
    )
    return environment
