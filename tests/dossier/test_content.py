"""The numbers on the pages are those of the release's tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from minhu.release.release_folder import Release
from minhu.reports.presentation import words
from minhu.reports.presentation.values import figure, share

from .reading import read

pytestmark = pytest.mark.nights(2)


def rows_of(night: Release, table: str) -> list[dict[str, Any]]:
    return list(night.table(table).to_pylist())


def test_the_summary_has_the_release_and_its_cells_by_verdict(night: Release, pages: Path) -> None:
    page = read(pages / "index.html")
    assert night.release_id in page.text
    assert "2026-11-20" in page.text
    counted = Counter(row["verdict"] for row in rows_of(night, "kpi_results"))
    caption = f"单元格（共 {sum(counted.values()):,}）"
    for verdict, name in words.VERDICTS.items():
        assert page.row(caption, name.zh)[2] == f"{counted[verdict]:,}"
    held = page.row("检查发现、隔离与重述", "隔离的记录")
    assert held[2] == f"{night.table('quarantined_rows').num_rows:,}"


def test_cells_by_kpi_and_level_are_counted(night: Release, pages: Path) -> None:
    cells = rows_of(night, "kpi_results")
    wanted = Counter(
        row["verdict"]
        for row in cells
        if (row["kpi_id"], row["variant"], row["unit_type"]) == ("H06", "main", "district")
    )
    table = next(iter(read(pages / "verdicts.html").tables.values()))
    row = next(row for row in table if row[:3] == ["H06", "按时办结率", "区县"])
    shown = [wanted[verdict] for verdict in words.VERDICTS]
    assert [0 if text == "–" else int(text.replace(",", "")) for text in row[3:-1]] == shown
    assert row[-1] == f"{sum(wanted.values()):,}"


def test_month_cells_of_the_city_and_districts_have_value_interval_and_n(night: Release, pages: Path) -> None:
    tables = read(pages / "cells-H06.html").tables
    shown = {(row[0], row[1]): row for row in next(iter(tables.values()))[1:]}
    cells = [
        row
        for row in rows_of(night, "kpi_results")
        if (row["kpi_id"], row["variant"], row["caliber"], row["period_type"]) == ("H06", "main", "full", "month")
        and row["unit_type"] in ("city", "district")
    ]
    assert cells and len(shown) == len(cells)
    for cell in cells:
        row = shown[cell["unit_name"], f"{cell['period_start']:%Y-%m}"]
        assert row[2] == (figure(cell["value"], "share") or "–")
        if cell["ci_low"] is not None:
            assert row[3] == f"{100 * cell['ci_low']:.2f} – {share(cell['ci_high'])}"
        assert row[5] == f"{int(cell['denominator']):,}"
        assert row[6] == words.VERDICTS[cell["verdict"]].zh
        assert (row[7] != "–") == bool(cell["reason"] or cell["rule_id"] or cell["is_provisional"])


def test_every_rule_stands_there_once_also_those_that_found_nothing(night: Release, pages: Path) -> None:
    rules = rows_of(night, "quality_rules")
    page = read(pages / "rules.html")
    ids = Counter(name for name in page.ids if name.startswith("L"))
    assert ids == Counter(row["rule_id"] for row in rules)
    failing = next(row for row in rules if row["rule_id"] == "L2-HOT-004")
    assert failing["rows_failed"] > 0
    table = page.tables["记录规则（L2）：有发现的规则"]
    row = next(row for row in table if row[0] == "L2-HOT-004")
    assert row[5:7] == [f"{failing['rows_seen']:,}", f"{failing['rows_failed']:,}"]
    assert row[9].split()[0] in {record["record_key"] for record in rows_of(night, "quarantined_rows")}


def test_quarantine_is_counted_by_rule(night: Release, pages: Path) -> None:
    wanted = Counter((row["table_name"], row["rule_id"]) for row in rows_of(night, "quarantined_rows"))
    table = read(pages / "quarantine.html").tables["隔离的记录"]
    assert {(row[1], row[2]): int(row[4].replace(",", "")) for row in table[1:]} == dict(wanted)


def test_conservation_adds_up(night: Release, pages: Path) -> None:
    rows = rows_of(night, "conservation")
    assert {row["identity"] for row in rows} == set(words.IDENTITIES)
    ruled = [row for row in rows if row["rule_id"]]
    assert ruled and not any(row["difference"] for row in ruled)
    table = read(pages / "conservation.html").tables["全市合计，全部时期"]
    city = [row for row in rows if row["identity"] == "created" and row["unit_type"] == "city"]
    row = next(row for row in table if row[0].startswith("受理"))
    assert row[4] == row[5] == f"{sum(r['left_count'] for r in city):,}"
    published = [row for row in rows if row["identity"] == "marts_published" and row["right_count"] is not None]
    assert published and not any(row["difference"] for row in published)


def test_scores_are_those_published(night: Release, pages: Path) -> None:
    rows = rows_of(night, "data_quality_scores")
    assert len(rows) == 4 * len(words.DIMENSIONS)
    table = read(pages / "scores.html").tables["得分与等级（五级为最好）"]
    for row in rows:
        shown = next(line for line in table if line[0] == words.SOURCES[row["source"]].zh)
        cell = shown[1 + list(words.DIMENSIONS).index(row["dimension"])]
        assert cell == f"{share(row['score'])} {row['level']} 级"


def test_every_definition_of_the_contract_is_told(night: Release, pages: Path) -> None:
    contract = rows_of(night, "kpi_contract")
    table = read(pages / "definitions.html").tables["口径合同；算式写在计数模型的列上"]
    assert sorted((row[0], row[1], row[8]) for row in table[1:]) == sorted(
        (row["kpi_id"], row["name_zh"], row["contract_version"]) for row in contract
    )


def test_a_definition_is_told_in_the_language_of_the_page(night: Release, pages: Path) -> None:
    contract = rows_of(night, "kpi_contract")
    for language, column, caption in (
        ("zh", "description_zh", "口径合同；算式写在计数模型的列上"),
        ("en", "description", "The contract; formulas are over columns of the count model"),
    ):
        table = read(pages / "definitions.html", language).tables[caption]
        assert sorted(row[9] for row in table[1:]) == sorted(row[column] for row in contract)


def test_the_proof_names_hashes_and_the_line_of_the_ledger(night: Release, pages: Path) -> None:
    page = read(pages / "proof.html")
    assert night.manifest_sha256 in page.text
    assert night.manifest["content_sha256"] in page.text
    files = page.tables[f"本版的 {len(night.files)} 个文件"]
    assert [row[3] for row in files[1:]] == [file.sha256 for file in sorted(night.files)]
