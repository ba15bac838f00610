"""A browser for tests of pages: Debian's Chromium, driven by Playwright, with no network but this machine's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from .synthetic import VANISHED, WITHOUT_SHOWN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9",
)  # fmt: skip
#: One page of every kind, and those that a release can make difficult.
KINDS = (
    "index.html", "units.html", "map.html", "compare.html", "changes.html", "held.html", "schemes.html", "definitions.html",
    "downloads.html", "cite.html", "kpi/H06.html", f"kpi/{WITHOUT_SHOWN}.html", "unit/610100.html", "unit/610101001.html",
    "unit/610102001.html", f"unit/{VANISHED}.html",
)  # fmt: skip
VENDORED = Path(__file__).parent / "vendored"


@dataclass
class Reading:
    """A tab of a browser that remembers what its pages said and asked for."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def reading(browser: Browser, width: int = 1300, **more: Any) -> Iterator[Reading]:
    """A tab of its own, without a past: ``width`` in CSS pixels, ``more`` as Playwright's contexts take it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    opened = Reading(context.new_page())
    context.on(
        "console", lambda message: opened.messages.append(f"{message.page and message.page.url}: {message.text}")
    )
    context.on("weberror", lambda error: opened.messages.append(f"{error.page and error.page.url}: {error.error}"))
    context.on("request", lambda request: opened.requests.append(request.url))
    try:
        yield opened
    finally:
        context.close()
