"""Every kind of page, opened from disk in a browser: both languages, desktop and phone, no message, nothing from outside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from minhu.release.release_folder import Release
from tests.fixtures.waiting import PATIENCE

from .synthetic import VANISHED, WITHOUT_SHOWN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9", "--allow-file-access-from-files",
    "--enable-logging=stderr", "--virtual-time-budget=600000",
)  # fmt: skip
#: One page of every kind, and those that a release can make difficult.
KINDS = (
    "index.html", "units.html", "map.html", "compare.html", "changes.html", "held.html", "schemes.html", "definitions.html",
    "downloads.html", "cite.html", "kpi/H06.html", f"kpi/{WITHOUT_SHOWN}.html", "unit/610100.html", "unit/610101001.html",
    "unit/610102001.html", f"unit/{VANISHED}.html",
)  # fmt: skip
HERE = Path(__file__).parent
AXE = HERE / "vendored" / "axe.min.js"


@pytest.fixture(scope="module")
def told(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a browser says of each page, in one run of it."""
    place = tmp_path_factory.mktemp("harness")
    plan = [
        {"address": f"{(folder / address).as_uri()}{language}", "width": width, "axe": width == 1300 and not language}
        for language in ("", "?en")
        for width in (1300, 390)
        for address in KINDS
    ]
    plan.append({"address": (folder / "kpi/H06.html").as_uri(), "width": 1300, "type": "第1区"})
    plan.append({"address": (folder / "index.html").as_uri(), "width": 1300, "type": "h12"})
    plan += [
        {"address": (folder / "index.html").as_uri(), "width": 1300, "type": asked}
        for asked in ("jie jue lv", "axbjl", "di1qu", "asbjl")
    ]
    shutil.copy(HERE / "harness.html", place / "harness.html")
    (place / "plan.js").write_text(f"var plan = {json.dumps(plan)}, axe_source = {json.dumps(AXE.as_uri())};")
    assert CHROMIUM is not None
    run = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={place / 'profile'}", "--dump-dom", (place / "harness.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert console == []
    found = re.search(r'<pre id="told">(.*?)</pre>', run.stdout, re.DOTALL)
    assert found is not None and found[1], run.stdout[-2000:]
    answers = json.loads(unescape(found[1]))
    assert len(answers) == len(plan)
    return list(answers)


def test_no_page_is_wider_than_its_screen(told: list[dict[str, Any]]) -> None:
    assert {f"{page['address']} {page['width']}" for page in told if page["overflow"] > 0} == set()


def test_both_languages_are_there(told: list[dict[str, Any]]) -> None:
    index = [page for page in told if "/index.html" in page["address"]]
    assert {page["heading"] for page in index if page["language"] == "zh-CN"} == {"拨打之后，城市行动了吗？"}
    assert {page["heading"] for page in index if page["language"] == "en"} == {"Does the city act when it is called?"}


def test_nothing_is_asked_for_outside_the_folder(told: list[dict[str, Any]], folder: Path) -> None:
    allowed = folder.parent.as_uri()
    for page in told:
        assert [name for name in page["loaded"] if not name.startswith((allowed, AXE.as_uri()))] == []


def test_the_comparison_and_the_search_answer(told: list[dict[str, Any]]) -> None:
    assert all(page["compared"] > 20 for page in told if "/compare.html" in page["address"])
    by_name, by_id, *by_sound = (page["results"] for page in told if "results" in page)
    assert "第1区 610101" in by_name
    assert any(name.startswith("H12 ") for name in by_id)
    jie_jue_lv, nothing, district, initials = by_sound
    assert [name[:3] for name in jie_jue_lv] == ["H08", "X02"]
    assert nothing == [] and "第1区 610101" in district and [name[:3] for name in initials] == ["H06"]


def test_pages_stay_small_after_their_scripts(told: list[dict[str, Any]]) -> None:
    assert max(page["nodes"] for page in told) <= 4000
    assert {page["newer"] for page in told} == {""}


def test_the_vendored_file_is_the_one_that_is_named() -> None:
    assert sha256(AXE.read_bytes()).hexdigest() in (AXE.parent / "README.md").read_text()


def test_axe_finds_nothing_serious(told: list[dict[str, Any]]) -> None:
    found = {page["address"].rsplit("/site/", 1)[-1]: page["serious"] for page in told if page.get("serious")}
    assert found == {}
    assert sum("serious" in page for page in told) == len(KINDS)


def test_an_old_site_says_by_itself_that_a_newer_release_exists(folder: Path, release: Release, tmp_path: Path) -> None:
    sites = tmp_path / "site"
    shutil.copytree(folder, sites / release.release_id)
    (sites / "current.js").write_text('minhuCurrent("2026-11-21-0000000001");\n')
    assert CHROMIUM is not None
    page = sites / release.release_id / "kpi" / "H06.html"
    document = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout
    assert re.search(
        r'id="newer">.*?<a href="\.\./\.\./2026-11-21-0000000001/index\.html[^"]*">2026-11-21-0000000001</a>', document
    )
