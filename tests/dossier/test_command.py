"""``minhu dossier`` as people run it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minhu.cli.app import app
from minhu.errors import UsageError
from minhu.release.release_folder import Release
from minhu.reports import data_docs
from minhu.settings import Settings

pytestmark = pytest.mark.nights(2)


@pytest.fixture(autouse=True)
def of_this_home(home_of_a_night: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINHU_HOME", str(home_of_a_night.home))


def test_it_writes_where_it_is_told(night: Release, pages: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["dossier", night.release_id, "--out", str(tmp_path / "here")])
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "here" / "index.html") in done.output
    assert (tmp_path / "here" / "index.html").read_bytes() == (pages / "index.html").read_bytes()


def test_a_release_nobody_published_is_a_wrong_command(night: Release) -> None:
    done = CliRunner().invoke(app, ["dossier", "2026-01-01-0000000000"])
    assert isinstance(done.exception, UsageError)
    assert night.release_id in str(done.exception)


def test_data_docs_show_suites_and_no_values(night: Release, home_of_a_night: Settings) -> None:
    site = home_of_a_night.home / "reports" / "data_docs"
    for number in range(data_docs.KEPT):  # of earlier nights, one too many with the new one
        (site / f"2026-01-0{1 + number}-0000000000").mkdir(parents=True)
    done = CliRunner().invoke(app, ["data-docs"])
    assert done.exit_code == 0, done.output
    assert len([path for path in site.iterdir() if path.is_dir()]) == data_docs.KEPT
    listed = re.findall(r'href="([^"]+)/index.html"', (site / "index.html").read_text(encoding="utf-8"))
    assert listed[0] == night.release_id and "2026-01-01-0000000000" not in listed
    folder = site / night.release_id
    assert (folder / "index.html").is_file()
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html")))
    assert "hotline.work_orders" in text and "stations.cases" in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{32}", text), "a pseudonym is shown"
