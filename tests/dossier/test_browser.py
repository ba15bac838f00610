"""A dossier with a year of nightly releases behind it, opened in a browser."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from minhu.release.release_folder import Release

from .conftest import write
from .homes import a_year_before, empty_home

pytestmark = [pytest.mark.nights(2), pytest.mark.xdist_group("dossier")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 2.0
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


def opened(page: Path, profile: Path) -> tuple[float, str]:
    """Seconds until the browser has shown a page and ended, and what it made of it."""
    assert CHROMIUM is not None
    started = time.monotonic()
    done = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return time.monotonic() - started, done.stdout


def test_pages_stay_small_after_a_year(year: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in year.iterdir()}
    assert sizes["index.html"] < MOST_BYTES / 4
    assert max(sizes.values()) < MOST_BYTES
    rules = (year / "rules.html").read_text(encoding="utf-8")
    assert rules.count('class="spark ') >= 5


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_it_opens_in_two_seconds(year: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html><title>nothing</title>")
    opened(blank, tmp_path / "profile")  # the first start of a profile is slow
    start = min(opened(blank, tmp_path / "profile")[0] for _ in range(2))
    for name in ("index.html", "rules.html", "verdicts.html"):
        seconds, dom = min(opened(year / name, tmp_path / "profile") for _ in range(2))
        assert 'lang="zh-CN"' in dom and "</footer>" in dom
        assert seconds - start < SECONDS, f"{name} took {seconds - start:.1f} s beyond the browser's own {start:.1f} s"
