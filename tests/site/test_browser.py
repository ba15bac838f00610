"""Every kind of page, opened from disk in a browser: both languages, desktop and phone, no message, nothing from outside."""

from __future__ import annotations

import csv
import io
import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from minhu.release.release_folder import Release

from .browsing import KINDS, VENDORED, reading
from .synthetic import HOSTILE

_MEASURED = """() => ({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    language: document.documentElement.lang,
    heading: document.querySelector("h1").innerText,
    newer: document.getElementById("newer").hidden,
    nodes: document.getElementsByTagName("*").length,
})"""
_SERIOUS = """async () => (await axe.run(document, { preload: false })).violations
    .filter(v => v.impact === "serious" || v.impact === "critical")
    .map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | "))"""


@dataclass(frozen=True)
class Seen:
    """What a browser saw of a page, and what all pages of that language and width said and asked for."""

    address: str
    width: int
    found: dict[str, Any]


@pytest.fixture(scope="module")
def seen(browser: Browser, folder: Path) -> list[Seen]:
    pages = []
    for language, width in (("", 1300), ("", 390), ("?en", 1300), ("?en", 390)):
        with reading(browser, width) as opened:
            for address in KINDS:
                opened.page.goto(f"{(folder / address).as_uri()}{language}")
                pages.append(Seen(f"{address}{language}", width, opened.page.evaluate(_MEASURED)))
            assert opened.messages == []
            assert [name for name in opened.requests if not name.startswith(folder.parent.as_uri())] == []
    return pages


def test_no_page_is_wider_than_its_screen(seen: list[Seen]) -> None:
    assert [f"{page.address} {page.width}" for page in seen if page.found["overflow"] > 0] == []


def test_both_languages_are_there(seen: list[Seen]) -> None:
    headings = {(page.found["language"], page.found["heading"]) for page in seen if page.address.startswith("index.")}
    assert headings == {("zh-CN", "拨打之后，城市行动了吗？"), ("en", "Does the city act when it is called?")}


def test_pages_stay_small_after_their_scripts(seen: list[Seen]) -> None:
    assert max(page.found["nodes"] for page in seen) <= 4000
    assert all(page.found["newer"] for page in seen)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("jie jue lv", ["H08", "X02"]),
        ("axbjl", []),
        ("asbjl", ["H06"]),
        ("h12", ["H12"]),
        ("満意", []),
        ("满意", ["H09"]),
    ],
)
def test_the_search_answers_to_names_ids_and_sounds(
    browser: Browser, folder: Path, asked: str, first: list[str]
) -> None:
    with reading(browser) as opened:
        opened.page.goto((folder / "index.html").as_uri())
        opened.page.locator("#search").fill(asked)
        expect(opened.page.locator("#found li").first).to_be_visible()
        found = opened.page.locator("#found a").all_inner_texts()
        assert [name[:3] for name in found if re.match(r"[A-Z]\d\d ", name)] == first


def test_the_comparison_says_a_difference_with_its_interval(browser: Browser, folder: Path) -> None:
    with reading(browser) as opened:
        opened.page.goto((folder / "compare.html").as_uri())
        rows = opened.page.locator("#compared tbody tr")
        expect(rows.first).to_be_visible()
        assert rows.count() > 20
        months = opened.page.locator("#compared tbody th .zh").all_inner_texts()
        assert all(re.fullmatch(r"20\d\d年\d{1,2}月( \[p\])?", month) for month in months), months
        assert months[0].endswith("[p]") and not months[-1].endswith("[p]"), "newest first; what is old stands"
        kpi = opened.page.locator("#kpi")
        kpi.select_option(kpi.locator("option[data-id=H12]").get_attribute("value"))
        expect(rows.first).to_be_visible()
        assert all(
            " … " in said for said in opened.page.locator("#compared tr td:nth-child(7)").all_inner_texts() if said
        )
        assert opened.messages == []


@pytest.mark.parametrize(
    ("address", "language"),
    [("compare.html", ""), ("compare.html", "?en"), ("kpi/H06.html", ""), ("downloads.html", "")],
)
def test_a_kpi_is_downloaded_with_all_its_units(
    browser: Browser, folder: Path, address: str, language: str, tmp_path: Path
) -> None:
    with reading(browser, accept_downloads=True) as opened:
        opened.page.goto(f"{(folder / address).as_uri()}{language}")
        with opened.page.expect_download() as download:
            opened.page.locator("button.save[data-id=H06]").click()
        assert download.value.suggested_filename == f"H06_{folder.name}.csv"
        download.value.save_as(tmp_path / "h06.csv")
        opened.page.goto((folder / "compare.html").as_uri())
        units = opened.page.locator("#a option").count()
        assert opened.messages == []
    content = (tmp_path / "h06.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and not content.startswith(b"\xef\xbb\xbfsep=")
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header[0] == ("KPI" if language else "指标")
    assert len({row[2] for row in rows}) == units and max(row[3] for row in rows).startswith("2026-1")
    assert all(bool(row[4]) != bool(row[8]) for row in rows), "a figure, or the word that says why there is none"
    assert ("withheld" if language else "暂缓") in {row[8] for row in rows}
    assert {row[9] for row in rows if row[4]} == {"", "[p]"} and not any(row[9] for row in rows if row[8])
    names = {row[1].removeprefix("'") for row in rows}
    assert set(HOSTILE) <= names and not [row for row in rows if row[1][:1] in "=+-@"]


@pytest.mark.parametrize("language", ["", "?en"])
def test_what_the_search_finds_stays_on_a_phone_screen(browser: Browser, folder: Path, language: str) -> None:
    with reading(browser, 390) as opened:
        opened.page.goto(f"{(folder / 'index.html').as_uri()}{language}")
        opened.page.locator("#search").fill("lv")
        box = opened.page.locator("#found ul").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390


@pytest.mark.parametrize("address", ["changes.html", "definitions.html", "schemes.html"])
def test_a_table_of_sentences_becomes_blocks_on_a_phone(browser: Browser, folder: Path, address: str) -> None:
    narrow = """() => Array.from(document.querySelectorAll("table.stack td"))
        .filter(cell => cell.getBoundingClientRect().width < cell.parentNode.getBoundingClientRect().width - 1).length"""
    with reading(browser, 390) as opened:
        opened.page.goto((folder / address).as_uri())
        assert opened.page.locator("table.stack td").count() > 3
        assert opened.page.evaluate(narrow) == 0


@pytest.mark.parametrize("name", ["axe.min.js", "acorn.js"])
def test_a_vendored_file_is_the_one_that_is_named(name: str) -> None:
    assert f"{sha256((VENDORED / name).read_bytes()).hexdigest()} |" in (VENDORED / "README.md").read_text()


@pytest.mark.parametrize(("language", "width"), [("", 1300), ("?en", 390)])
def test_axe_finds_nothing_serious(browser: Browser, folder: Path, language: str, width: int) -> None:
    found = {}
    with reading(browser, width) as opened:
        for address in KINDS:
            opened.page.goto(f"{(folder / address).as_uri()}{language}")
            opened.page.add_script_tag(path=VENDORED / "axe.min.js")
            found[address] = opened.page.evaluate(_SERIOUS)
    assert {address: said for address, said in found.items() if said} == {}


def test_an_old_site_says_by_itself_that_a_newer_release_exists(
    browser: Browser, folder: Path, release: Release, tmp_path: Path
) -> None:
    sites = tmp_path / "site"
    shutil.copytree(folder, sites / release.release_id)
    (sites / "current.js").write_text('minhuCurrent("2026-11-21-0000000001");\n')
    with reading(browser) as opened:
        opened.page.goto((sites / release.release_id / "kpi" / "H06.html").as_uri())
        link = opened.page.locator("#newer a")
        expect(link).to_have_text("2026-11-21-0000000001")
        assert (link.get_attribute("href") or "").startswith("../../2026-11-21-0000000001/index.html")
