"""Turning pages into files. Every value is escaped by the template engine; nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from minhu.reports import presentation
from minhu.reports.dossier.page import Page
from minhu.reports.presentation import templates


def render(page: Page, menu: Sequence[Page], release_id: str, city: str) -> bytes:
    """One page as the bytes of its file."""
    template = _environment().get_template("page.html")
    here = page.parent or page.name
    text = template.render(page=page, menu=menu, here=here, release_id=release_id, city=city, **_inline())
    return text.encode()


def address(page: Page) -> str:
    return f"{page.name}.html"


@cache
def _environment() -> Environment:
    environment = templates.environment("minhu.reports.dossier")
    environment.filters["address"] = address
    return environment


@cache
def _inline() -> dict[str, Any]:
    """Style and script, which stand in every page: a dossier is read from a folder or a mail, without a server."""
    own = resources.files("minhu.reports.dossier") / "templates" / "style.css"
    style = presentation.asset("style.css") + own.read_text(encoding="utf-8")
    return {"style": Markup(style), "script": Markup(presentation.asset("page.js"))}
