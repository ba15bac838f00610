"""A dossier with a year of nightly releases behind it, opened in a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from minhu.release.release_folder import Release
from tests.fixtures.waiting import PATIENCE

from .conftest import write
from .homes import a_year_before, empty_home

pytestmark = pytest.mark.nights(2)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MOST_BYTES = 1_000_000
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9",
)  # fmt: skip


@pytest.fixture(scope="module")
def year(night: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    home = empty_home(folder / "home")
    a_year_before(home, night)
    return write(home, folder / "pages")


def opened(page: Path, profile: Path) -> str:
    """What the browser made of a page: the document after its scripts and styles."""
    assert CHROMIUM is not None
    return subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout


def test_pages_stay_small_after_a_year(year: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in year.iterdir()}
    assert sizes["index.html"] < MOST_BYTES / 4
    assert max(sizes.values()) < MOST_BYTES
    rules = (year / "rules.html").read_text(encoding="utf-8")
    assert rules.count('class="spark ') >= 5


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize("name", ["index.html", "rules.html", "verdicts.html"])
def test_a_browser_reads_them_to_the_end(year: Path, name: str, tmp_path: Path) -> None:
    document = opened(year / name, tmp_path / "profile")
    assert 'lang="zh-CN"' in document and "</footer>" in document
    assert document.count("<tr") == (year / name).read_text(encoding="utf-8").count("<tr")
