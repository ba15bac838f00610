"""A synthetic city of three years with its site, made once for all tests of the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from minhu import settings as settings_module
from minhu.release.release_folder import Release
from minhu.reports import site
from minhu.settings import Settings

from .browsing import CHROMIUM, QUIET
from .synthetic import add_synthetic


def empty_home(path: Path) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(path)})


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return empty_home(tmp_path_factory.mktemp("site") / "home")


@pytest.fixture(scope="session")
def release(home: Settings) -> Release:
    return add_synthetic(home)


@pytest.fixture(scope="session")
def folder(home: Settings, release: Release) -> Path:
    """The folder of the site that was made."""
    return site.make(home, release.release_id).index.parent


@pytest.fixture(scope="session")
def pages(folder: Path) -> dict[str, str]:
    """Every page by its address."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the session: while it stands, Playwright's event loop runs, and other tests have loops of their own."""
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()
