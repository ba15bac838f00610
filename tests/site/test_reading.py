"""People read the site by keyboard, without scripts, on paper, over http, and in browsers of 2017's language."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .browsing import KINDS, VENDORED, reading

#: What holds the focus: its words, where it is, and whether a person sees that it has it.
_FOCUSED = """() => {
    const focused = document.activeElement, label = document.querySelector("label[for='" + focused.id + "']");
    const seen = label && focused.className === "choice" ? label : focused, box = seen.getBoundingClientRect();
    return {
        tag: focused.tagName, id: focused.id, text: (focused.innerText || "").trim(),
        is_outlined: parseFloat(getComputedStyle(seen).outlineWidth) >= 2 && getComputedStyle(seen).outlineStyle !== "none",
        is_there: box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
    };
}"""
_BEYOND_PAPER = """() => Array.from(document.querySelectorAll("main table, main svg, main pre, main h1, main p"))
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => e.outerHTML.slice(0, 120))"""
#: Built-ins that came after ES2017; axe and Playwright need some of them, so they go in a tab of their own.
_YEAR_2017 = """
    ["fromEntries", "hasOwn", "groupBy"].forEach(name => delete Object[name]);
    ["flat", "flatMap", "at", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with"]
        .forEach(name => delete Array.prototype[name]);
    ["replaceAll", "matchAll", "trimStart", "trimEnd", "at", "isWellFormed"].forEach(name => delete String.prototype[name]);
    ["allSettled", "any", "withResolvers"].forEach(name => delete Promise[name]);
    delete Promise.prototype.finally; delete window.structuredClone; delete window.queueMicrotask;
    ["replaceChildren", "append", "prepend"].forEach(name => delete Element.prototype[name]);
    ["fetch", "ResizeObserver", "BigInt", "WeakRef"].forEach(name => delete window[name]);
"""
#: Pages that show something else.
_WITHOUT_TABLE = ("units.html", "compare.html", "map.html", "cite.html")
#: CSS pixels between the margins of an A4 page (@page in style.css): 210 mm less 2 × 14 mm.
_A4_WIDTH = round((210 - 2 * 14) / 25.4 * 96)


def tab(page: Page, key: str = "Tab") -> dict[str, Any]:
    page.keyboard.press(key)
    return dict(page.evaluate(_FOCUSED))


def test_the_keyboard_goes_through_a_page_from_top_to_end_and_sees_where_it_is(browser: Browser, folder: Path) -> None:
    with reading(browser) as opened:
        opened.page.goto((folder / "kpi/H12.html").as_uri())
        menu = [text.strip() for text in opened.page.locator("nav a").all_inner_texts()]
        stops = [tab(opened.page) for _ in range(4 + len(menu))]
        assert [stop["text"] for stop in stops] == [
            "跳到正文 · Skip to content", "", "西安市 · 民呼我行 指标", *menu, "",
        ]  # fmt: skip
        assert (stops[1]["id"], stops[-1]["id"]) == ("choose-zh", "search")
        while (stop := tab(opened.page))["tag"] != "BODY" and len(stops) < 500:
            stops.append(stop)
        assert stops[-1]["text"] == "质量卷宗", "the last stop is the last link of the page: nothing holds the focus"
        assert [stop for stop in stops if not stop["is_outlined"] or not stop["is_there"]] == []


def test_a_link_leads_past_the_menu(browser: Browser, folder: Path) -> None:
    with reading(browser) as opened:
        opened.page.goto((folder / "kpi/H06.html").as_uri())
        tab(opened.page)
        assert tab(opened.page, "Enter")["id"] == "main"
        assert opened.page.evaluate("document.querySelector('main').contains(document.activeElement)")
        tab(opened.page)
        assert opened.page.evaluate("!document.querySelector('nav').contains(document.activeElement)")


def test_the_search_is_used_by_keys_alone_and_keeps_the_language(browser: Browser, folder: Path) -> None:
    with reading(browser) as opened:
        opened.page.goto((folder / "index.html").as_uri())
        tab(opened.page), tab(opened.page)
        tab(opened.page, "ArrowRight")
        expect(opened.page.locator("html")).to_have_attribute("lang", "en")
        opened.page.locator("#search").focus()
        opened.page.keyboard.type("jie jue lv")
        found = opened.page.locator("#found a")
        expect(found).to_have_count(2)
        down = [tab(opened.page, key)["text"] for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp")]
        names = found.all_inner_texts()
        assert down == [names[0], names[1], names[1], names[0]]
        assert tab(opened.page, "Escape")["id"] == "search"
        expect(found).to_have_count(0)
        opened.page.keyboard.type("jie jue lv")
        expect(found).to_have_count(2)
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url(re.compile(r"kpi/H08\.html"))
        expect(opened.page.locator("html")).to_have_attribute("lang", "en")
        assert opened.messages == []


def test_without_scripts_the_tables_are_there_and_the_language_can_be_chosen(browser: Browser, folder: Path) -> None:
    with reading(browser, java_script_enabled=False) as opened:
        for address in KINDS:
            opened.page.goto((folder / address).as_uri())
            assert opened.page.locator("#search").is_hidden()
            unfolded = opened.page.locator("main table:not(details table):not(#compared)")
            shown = unfolded.filter(visible=True)
            assert shown.count() == unfolded.count(), address
            assert shown.count() > 0 or address in _WITHOUT_TABLE, address
        opened.page.goto((folder / "compare.html").as_uri())
        assert "没有脚本时" in opened.page.locator("main").inner_text()
        opened.page.goto((folder / "map.html").as_uri())
        assert opened.page.locator(".tile").filter(visible=True).count() > 10
        opened.page.goto((folder / "kpi/H06.html").as_uri())
        heading = opened.page.locator("h1")
        assert heading.inner_text() == "按时办结率"
        opened.page.locator("label[for=choose-en]").click()
        assert heading.inner_text() == "On time closure rate"


@pytest.mark.parametrize("address", KINDS)
def test_a_page_prints_on_a4_without_a_cut_table(browser: Browser, folder: Path, address: str) -> None:
    with reading(browser, _A4_WIDTH) as opened:
        opened.page.emulate_media(media="print")
        opened.page.goto((folder / address).as_uri())
        assert opened.page.evaluate(_BEYOND_PAPER) == []
        assert opened.page.locator("nav, .languages, .skip").filter(visible=True).count() == 0
        assert opened.page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF-")


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    """The folder of all sites over http on this machine."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pages_over_http_are_those_from_disk(browser: Browser, folder: Path, served: str) -> None:
    with reading(browser) as opened:
        for address in KINDS:
            answer = opened.page.goto(f"{served}{folder.name}/{address}")
            assert answer is not None and answer.ok
        opened.page.goto(f"{served}{folder.name}/index.html")
        opened.page.locator("#search").fill("满意率")
        expect(opened.page.locator("#found a").first).to_be_visible()
        assert [name for name in opened.requests if not name.startswith(served)] == []
        # a browser asks every server for its icon, and says that there is none
        assert [said for said in opened.messages if "404" not in said] == []


def test_scripts_are_of_the_language_of_2017(browser: Browser, folder: Path) -> None:
    scripts = [path for path in sorted(folder.rglob("*.js")) if path.parent.name != "data"]
    scripts += [*sorted((folder / "data").glob("*.js"))[:1], folder.parent / "current.js"]
    assert {"site.js", "compare.js", "names.js", "current.js"} < {path.name for path in scripts}
    parse = """source => { try { acorn.parse(source, { ecmaVersion: 2017, sourceType: "script" }); return ""; }
        catch (error) { return String(error); } }"""
    with reading(browser) as opened:
        opened.page.goto("about:blank")
        opened.page.add_script_tag(path=VENDORED / "acorn.js")
        said = {path.name: opened.page.evaluate(parse, path.read_text(encoding="utf-8")) for path in scripts}
        newer = ("a?.b", "({...a})", "try {} catch {}", "/(?<=a)b/", "async function* f() {}", "import('a')", "1n")
        assert all(opened.page.evaluate(parse, source) for source in newer), "the parser takes what is newer"
    assert {name: error for name, error in said.items() if error} == {}


def test_pages_work_without_built_ins_that_came_after_2017(browser: Browser, folder: Path) -> None:
    with reading(browser) as opened:
        opened.page.add_init_script(_YEAR_2017)
        for address in KINDS:
            opened.page.goto((folder / address).as_uri())
        opened.page.goto((folder / "compare.html").as_uri())
        expect(opened.page.locator("#compared tbody tr").first).to_be_visible()
        opened.page.locator("#search").fill("h12")
        expect(opened.page.locator("#found a").first).to_be_visible()
        assert opened.messages == []
