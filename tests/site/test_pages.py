"""Pages of the site as files: small, closed in themselves, sound where names and releases are not."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import yaml

from minhu.release.release_folder import Release
from minhu.reports import site
from minhu.reports.presentation import words
from minhu.reports.site.subjects import Unit, _addresses
from minhu.settings import PROJECT_ROOT

from .conftest import empty_home
from .synthetic import HOSTILE, VANISHED, Size, add_synthetic

MOST_BYTES, MOST_NODES, MOST_SCRIPT = 250 * 1024, 4000, 15 * 1024
_VOID = {"meta", "link", "input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Counts elements, and notes links, scripts, texts and what an image of role img holds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.in_pictures: Counter[str] = Counter()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values), f"{tag} {values}"
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag in ("script", "link"):
            self.loads.append(values.get("src") or values.get("href") or "inline")
        if "svg" in self.open:
            self.in_pictures[tag] += 1
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if "svg" in self.open:
            self.in_pictures[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes what is not open"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader


def test_pages_keep_their_budgets_and_load_nothing_from_outside(pages: dict[str, str], folder: Path) -> None:
    assert len(pages) > 40
    for address, page in pages.items():
        reader = read(page)
        assert len(page.encode()) <= MOST_BYTES, address
        assert sum(reader.tags.values()) <= MOST_NODES, address
        assert not reader.in_pictures["a"], f"a picture of {address} holds links"
        up = "../" * address.count("/")
        own = [f"{up}style.css", f"{up}site.js", f"{up}../current.js"]
        assert sorted(reader.loads) == sorted(own + (["compare.js"] if address == "compare.html" else [])), address
        assert reader.tags["h1"] == 1
    assert (folder / "site.js").stat().st_size <= MOST_SCRIPT


def test_every_link_leads_to_a_page_of_the_site_or_to_its_dossier(
    pages: dict[str, str], folder: Path, release: Release
) -> None:
    dossier = folder.parent.parent / "reports" / release.release_id / "index.html"
    for address, page in pages.items():
        for link in read(page).links:
            name, _, place = link.partition("#")
            target = ((folder / address).parent / name).resolve() if name else folder / address
            assert link == "" or target.is_file() or target == dossier.resolve(), f"{address} links to {link}"
            assert not place or f'id="{place}"' in target.read_text(encoding="utf-8"), f"{address} links to {link}"


def test_names_are_text_whatever_they_hold(pages: dict[str, str]) -> None:
    for number, name in enumerate(HOSTILE, start=1):
        page = read(pages[f"unit/610101{number:03d}.html" if number <= 4 else "unit/610102001.html"])
        assert name in "".join(page.texts)
    # in scripts of data no name can end the script
    assert "<script>alert" not in "".join(pages.values())


def test_a_unit_that_vanished_says_so(pages: dict[str, str]) -> None:
    assert "名录中已无此对象" in pages[f"unit/{VANISHED}.html"]


def test_a_release_from_before_signals_says_so(tmp_path: Path) -> None:
    release = add_synthetic(empty_home(tmp_path / "home"), Size(months=3), has_signals=False)
    files = dict(site.build(release))
    page = files["kpi/H06.html"].decode()
    assert "本次发布早于监测信号" in page and "<polyline" in page
    assert "特殊原因信号" not in files["index.html"].decode()


def test_codes_that_are_no_names_of_files_have_pages_of_their_own() -> None:
    keys = [("street", "../../etc/passwd"), ("street", "A1"), ("unit", "a1"), ("unit", "x" * 200), ("city", "610100")]
    addresses = _addresses(keys)
    assert addresses["city", "610100"] == "unit/610100.html"
    assert len({address.casefold() for address in addresses.values()}) == len(keys)
    assert all(re.fullmatch(r"unit/[A-Za-z0-9_-]{1,40}\.html", address) for address in addresses.values())
    assert Unit("street", "A1", "n", "", addresses["street", "A1"]).key == ("street", "A1")


def test_pages_say_words_where_the_release_has_codes(pages: dict[str, str]) -> None:
    schemes = pages["schemes.html"].split("<main")[1]
    assert "市、区县、街镇、承办单位" in schemes and "city district" not in schemes
    assert "95 %" in schemes and "暂定" in schemes
    assert "市级部门" in pages["units.html"]
    assert words.standard("GB/T 33358; Boston CityScore").zh == "GB/T 33358；波士顿 CityScore"


def test_every_kpi_is_after_a_standard_that_has_chinese_words() -> None:
    for path in sorted(PROJECT_ROOT.glob("kpis/*.yml")):
        said = words.standard(str(yaml.safe_load(path.read_text(encoding="utf-8"))["standard"])).zh
        assert not re.search("[a-z]{3}", said.replace("CityScore", "")), f"{path.name}: {said}"


def test_kpis_stand_in_one_order_on_every_page(pages: dict[str, str]) -> None:
    def order(address: str) -> list[str]:
        return list(dict.fromkeys(re.findall(r'href="kpi/(\w+)\.html', pages[address].split("<main")[1])))

    read = order("definitions.html")
    assert read[0] == "H04" and len(read) == 9
    for address in ("changes.html", "held.html"):
        found = order(address)
        assert len(found) > 5 and found == [kpi for kpi in read if kpi in found], address


def test_held_says_of_how_many_cells(pages: dict[str, str]) -> None:
    said = re.search(r"共 ([\d,]+) 个单元格，其中 ([\d,]+) 个未公布", pages["held.html"])
    assert said is not None
    every, hidden = (int(number.replace(",", "")) for number in said.groups())
    assert 0 < hidden < every
    counts = re.findall(r'<td class="number soft">(\d+)</td></tr>', pages["held.html"])
    assert sum(map(int, counts)) <= every and str(every)


def test_columns_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    files = dict(site.build(add_synthetic(home, Size(districts=1, streets=1, units=1, communities=0, months=1))))
    unit = files["unit/610101.html"].decode()
    assert "比上期" not in unit and "数值" in unit


def test_a_first_month_that_still_runs_has_its_figures_and_says_so(tmp_path: Path) -> None:
    """A new city would read "no figure" on nearly every line until the month is over."""
    files = dict(site.build(add_synthetic(empty_home(tmp_path / "home"), Size(months=1))))
    index, page = files["index.html"].decode(), files["kpi/H06.html"].decode()
    for text in (index, page):
        assert re.search(r"2026年11月（未结束），西安市按时办结率为 [0-9.]+ %", text)
        assert re.search(r"November 2026, still running: \w+ \w+ closure rate of 西安市 was", text)
    assert index.count("[p]") > 5 and "未结束" in files["map.html"].decode()
    assert "可能的名次" not in files["unit/610101.html"].decode(), "what is not over has no rank"
    assert "未结束）" not in files["changes.html"].decode()


def test_figures_of_a_month_that_is_over_come_first(pages: dict[str, str]) -> None:
    assert "2026年10月，西安市按时办结率为" in pages["index.html"] and "未结束）" not in pages["index.html"]
