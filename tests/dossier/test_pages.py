"""What holds of every page: same bytes again, nothing loaded, links that lead somewhere, tables that can be read aloud."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urldefrag

import pyarrow as pa
import pytest

from minhu.ledger.chain import Ledger
from minhu.release.release_folder import Release
from minhu.reports import dossier
from minhu.reports.dossier.page import MOST_ROWS
from minhu.settings import Settings

from .conftest import write
from .homes import add_release, empty_home, first_rows, with_column
from .reading import read

pytestmark = pytest.mark.nights(2)

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' & {{ 7*7 }}"


def test_two_builds_give_the_same_bytes(home_of_a_night: Settings, pages: Path, written: Path) -> None:
    write(home_of_a_night, written)
    names = sorted(path.name for path in pages.iterdir())
    assert names == sorted(path.name for path in written.iterdir())
    assert len(names) > 30
    for name in names:
        assert (pages / name).read_bytes() == (written / name).read_bytes(), name


def test_a_later_release_does_not_change_an_earlier_dossier(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    first = add_release(home, night, night.business_date)
    before = {p.name: p.read_bytes() for p in write(home, tmp_path / "before").iterdir()}
    for day in (night.business_date - timedelta(days=3), night.business_date + timedelta(days=1)):
        add_release(home, night, day)
    after = {p.name: p.read_bytes() for p in write(home, tmp_path / "after", first.release_id).iterdir()}
    assert before == after


def test_nothing_is_loaded_and_every_link_leads_somewhere(pages: Path, night: Release) -> None:
    found = {path.name: read(path) for path in sorted(pages.iterdir())}
    site = f"../../site/{night.release_id}/index.html"
    for name, page in found.items():
        assert not page.loads, f"{name} loads {page.loads[:3]}"
        text = (pages / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|url\(|@import|//[a-z]", text.replace("// ", "")), name
        assert site in page.links
        for link in set(page.links) - {site}:
            target, anchor = urldefrag(link)
            assert (target or name) in found, f"{name} links to {link}"
            assert not anchor or anchor in found[target or name].ids, f"{name} links to {link}"


def test_pages_can_be_read_aloud(pages: Path) -> None:
    for path in sorted(pages.iterdir()):
        page = read(path)
        assert page.unclosed == []
        assert len(page.ids) == len(set(page.ids)), f"{path.name} has an id twice"
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1 and set(levels) <= {1, 2}
        tags = [tag for tag, _ in page.tags]
        assert tags.count("table") == tags.count("caption") == len(page.tables)
        assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
        assert all(attributes.get("role") == "img" for tag, attributes in page.tags if tag == "svg")
        assert all(attributes.get("aria-label") for tag, attributes in page.tags if tag == "svg")
        assert sum(len(rows) for rows in page.tables.values()) <= MOST_ROWS + 200
        assert path.stat().st_size < 1_000_000


def test_text_of_others_cannot_become_part_of_a_page(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    hostile = with_column("unit_name", lambda row: HOSTILE)
    changes = {file.name: hostile for file in night.files if file.table == "kpi_results"}
    for name, column in (
        ("dim_places", "place_name"), ("quality_findings", "message"), ("quality_findings", "sample_keys"),
        ("quarantined_rows", "record_key"), ("kpi_contract", "name_zh"), ("quality_rules", "reason_zh"),
    ):  # fmt: skip
        before = changes.get(f"{name}.parquet")
        change = with_column(column, lambda row: HOSTILE)
        changes[f"{name}.parquet"] = (lambda data, a=before, b=change: b(a(data))) if before else change
    add_release(home, night, night.business_date, changes)
    folder = write(home, tmp_path / "pages")
    clean = read(next(folder.glob("index.html")))
    assert HOSTILE in clean.text  # the name of the city, as text
    for path in sorted(folder.iterdir()):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text, path.name
        page = read(path)
        assert [tag for tag, _ in page.tags].count("script") == 1
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_a_release_without_findings_or_quarantine_has_all_its_pages(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    nothing = first_rows(0)
    gone = [file.name for file in night.files if file.table in ("quality_findings", "quarantined_rows")]
    changes = dict.fromkeys(gone, nothing) | {"quality_rules.parquet": with_column("finding_count", lambda _: 0)}
    add_release(home, night, night.business_date, changes, findings={"block": 0, "info": 0, "warn": 0})
    folder = write(home, tmp_path / "pages")
    assert "0 条有发现" in read(folder / "rules.html").text
    assert read(folder / "quarantine.html").tables.get("隔离的记录") is None


def test_an_older_release_that_lacks_tables_says_so(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    kept = ("kpi_results", "quality_findings", "kpi_contract")
    changes = {file.name: None for file in night.files if file.table not in kept}
    add_release(home, night, night.business_date, changes)
    folder = write(home, tmp_path / "pages")
    for name in ("conservation", "scores", "companions", "quarantine"):
        assert "本版" in read(folder / f"{name}.html").text


def test_waivers_are_shown_where_the_release_has_them(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    without = {"waivers.parquet": None}
    none = add_release(home, night, night.business_date, without)
    assert "没有任何豁免" in read(write(home, tmp_path / "none", none.release_id) / "changes.html").text
    waiver = pa.table(
        {
            "waiver_id": ["W-1"], "status_zh": ["有效"], "rule_id": ["L2-HOT-004"], "finding": ["seen"], "author": ["wang"],
            "approver": ["li"], "reason": ["档案修复"], "approved_on": [date(2026, 12, 1)], "expires_on": [date(2026, 12, 31)],
        }
    )  # fmt: skip
    some = add_release(home, night, night.business_date + timedelta(days=1), without, {"waivers": waiver})
    page = read(write(home, tmp_path / "some", some.release_id) / "changes.html")
    row = page.tables["对检查的豁免：由谁、为何、到何时"][1]
    assert {"L2-HOT-004", "档案修复", "2026-12-31"} <= set(row)


def test_a_withheld_cell_is_listed_with_its_rule_and_last_good_value(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")

    def is_chosen(row: dict[str, object]) -> bool:
        return (row["kpi_id"], row["unit_type"], row["period_type"], row["caliber"]) == ("H04", "city", "month", "full")

    def withheld(data: pa.Table) -> pa.Table:
        for column, value in (
            ("verdict", "WITHHELD"),
            ("rule_id", "L3-CON-001"),
            ("reason", "off"),
            ("last_good_value", 7.0),
        ):
            data = with_column(column, lambda row, c=column, v=value: v if is_chosen(row) else row[c])(data)
        return data

    changes = {file.name: withheld for file in night.files if file.table == "kpi_results"}
    add_release(home, night, night.business_date, changes)
    page = read(write(home, tmp_path / "pages") / "verdicts.html")
    rows = page.tables["暂缓公布的单元格；同一指标、层级与规则合为一行"][1:]
    [row] = [row for row in rows if row[2] == "L3-CON-001"]  # the night's own dirt withholds others
    assert row[:2] == ["H04 工单量", "市"] and row[3].startswith("未通过“受理＝")
    assert "全口径" in row[5] and "off" in row[5] and "上次有效值 7" in row[5]
    cells = next(iter(read(tmp_path / "pages" / "cells-H04.html").tables.values()))
    assert any(row[6] == "暂缓" and "上次有效值 7" in row[7] for row in cells)


def test_a_source_that_did_not_come_is_named(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    landing = [entry for entry in night.manifest["landing"] if "/grid/" not in str(entry["path"])]
    add_release(home, night, night.business_date, stale_sources=["grid"], landing=landing)
    folder = write(home, tmp_path / "pages")
    caption = "截至业务日；最近 30 夜"
    assert read(folder / "freshness.html").row(caption, "网格平台")[1] == "未到"
    assert read(folder / "freshness.html").row(caption, "12345热线")[1] == "已到"
    assert "未到：网格平台" in read(folder / "index.html").text


def test_files_of_others_in_the_folder_stay(home_of_a_night: Settings, written: Path) -> None:
    written.mkdir()
    for name in ("mine.html", "cells-Z99.html"):
        (written / name).write_text("mine")
    write(home_of_a_night, written)
    assert (written / "mine.html").read_text() == "mine"
    assert not (written / "cells-Z99.html").exists()


def test_a_restated_cell_of_a_settled_month_is_shown_with_both_values(night: Release, tmp_path: Path) -> None:
    part = next(file.name for file in night.files if file.table == "kpi_results" and file.part == "2026-11")
    home = empty_home(tmp_path / "home")
    later = date(2027, 2, 10)  # by then November is settled

    def finished(data: pa.Table) -> pa.Table:
        return with_column("is_provisional", lambda row: False)(data)

    def restated(data: pa.Table) -> pa.Table:
        def value(row: dict[str, object]) -> object:
            chosen = (row["kpi_id"], row["variant"], row["unit_type"], row["period_type"], row["caliber"])
            return 0.4321 if chosen == ("H06", "main", "city", "month", "full") else row["value"]

        return with_column("value", value)(finished(data))

    no_log = {file.name: None for file in night.files if file.table == "kpi_restatements"}  # as releases before 0.4.0
    before = add_release(home, night, later, {part: finished, **no_log})
    add_release(home, night, later + timedelta(days=1), {part: restated, **no_log})
    page = read(write(home, tmp_path / "pages") / "changes.html")
    assert before.release_id in page.text
    row = page.row("样例：每个指标前 5 处", "H06 main")
    assert row[3] == "month 2026-11-01" and row[6] == "43.21 %" and row[5] != row[6]
    assert page.row("按指标", "H06")[2:5] == ["1", "0", "0"]
    assert read(tmp_path / "pages" / "index.html").row("检查发现、隔离与重述", "已结时期中改变的单元格")[2] == "1"


def test_a_dossier_that_fails_is_noted_and_the_release_stands(
    home_of_a_night: Settings, night: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("13812345678 of a row")

    monkeypatch.setattr(dossier, "write", fail)
    dossier.write_after_release(home_of_a_night, night)
    note = home_of_a_night.home / "failures" / night.business_date.isoformat() / "kpi_publish.dossier.txt"
    assert "ValueError" in note.read_text(encoding="utf-8") and "138" not in note.read_text(encoding="utf-8")
    monkeypatch.undo()
    dossier.write_after_release(home_of_a_night, night)
    assert not note.exists()
    assert Ledger(home_of_a_night.ledger_path).events()
