"""Reasons are read in one language, and what says the same stands once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from minhu.release.release_folder import Release
from minhu.reports.dossier.reasons import Reasons
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from tests.fixtures.languages import chinese_letters, latin_words

from .reading import read

pytestmark = pytest.mark.nights(2)

BY_RULE = "按裁定与规则；同一规则的单元格合为一行"
BY_CELL = "暂缓公布的单元格；同一指标、层级与规则合为一行"
SAID = (
    ("kpi_results", "reason"), ("kpi_results_current_borders", "reason"), ("integrity_companions", "reason"),
    ("quality_findings", "message"), ("quality_rules", "reason_zh"), ("quarantined_rows", "reason_zh"),
)  # fmt: skip


@pytest.mark.parametrize(("table", "column"), SAID)
def test_what_is_published_in_chinese_has_no_words_of_another_language(night: Release, table: str, column: str) -> None:
    said = {str(text or "") for text in night.table(table).column(column).to_pylist()}
    assert {text: latin_words(text) for text in said if latin_words(text)} == {}
    assert any(chinese_letters(text) for text in said), "nothing was said"


def test_the_english_page_of_reasons_has_no_chinese_but_names_of_units(pages: Path) -> None:
    english = read(pages / "verdicts.html", "en")
    assert chinese_letters(english.main) == ""
    assert "set aside of" in english.main, "the numbers of a finding stand there too"
    for path in sorted(pages.glob("cells-*.html")):
        for table in read(path, "en").tables.values():
            assert chinese_letters("".join(cell for row in table for cell in row[1:])) == "", path.name


def test_what_says_the_same_is_one_row_with_a_count_and_examples(night: Release, pages: Path) -> None:
    cells = [row for row in night.table("kpi_results").to_pylist() if row["verdict"] != "PUBLISHED"]
    for language, caption in (("zh", BY_RULE), ("en", "By verdict and rule; the cells of one rule are one row")):
        rows = read(pages / "verdicts.html", language).tables[caption][1:]
        assert len({tuple(row[:2]) for row in rows}) == len({tuple(row[:3]) for row in rows}) == len(rows)
        counted = Counter((words.of(row["verdict"], words.VERDICTS), row["rule_id"]) for row in cells)
        wanted = {(getattr(verdict, language), rule_id): cells for (verdict, rule_id), cells in counted.items()}
        assert {(row[0], row[1]): int(row[3].replace(",", "")) for row in rows} == wanted
        assert all(row[5] for row in rows)
    withheld = read(pages / "verdicts.html").tables[BY_CELL][1:]
    assert len({tuple(row[:3]) for row in withheld}) == len(withheld)
    assert sum(int(row[4].replace(",", "")) for row in withheld) == sum(row["verdict"] == "WITHHELD" for row in cells)


RULES = {
    "L0-GRD-001": Words("网格平台已交付", "the grid platform delivered"),
    "L1-STA-023": Words("每个单元格可读", "every cell can be read"),
    "L2-HOT-001": Words("缺创建时间", "no creation time"),
    "L4-KPI-004": Words("样本不足以排名", "too few for a rank"),
    "L4-KPI-005": Words("来源未到", "a source did not deliver"),
}
FINDING = {
    "rule_id": "L2-HOT-001",
    "waiver_id": "",
    "rows_seen": 40,
    "rows_failed": 3,
    "detail": "no creation time: 3 records",
}


@pytest.mark.parametrize(
    ("rule_id", "reason", "finding", "said"),
    [
        ("L2-HOT-001", "缺创建时间：3 件", FINDING, "no creation time; 3 records"),
        ("L2-HOT-001", "缺创建时间：4 件", FINDING, "no creation time"),
        ("L4-KPI-004", "样本不足以排名；缺创建时间：3 件", FINDING, "too few for a rank; L2-HOT-001 no creation time; 3 records"),
        ("L4-KPI-005", "来源未到：未通过“网格平台已交付”（L0-GRD-001）", FINDING,
         "a source did not deliver; L0-GRD-001 not met: the grid platform delivered"),
        ("L2-HOT-001", "缺创建时间：3 件", FINDING | {"waiver_id": "W-1"}, "no creation time; waived by W-1; 3 records"),
        ("L1-STA-023", "缺创建时间：3 件", FINDING | {"rule_id": "L1-STA-023", "detail": "报到.xlsx: 3 cells"},
         "not met: every cell can be read; 3 of 40"),
        ("L1-STA-023", "缺创建时间：3 件", FINDING | {"rule_id": "L1-STA-023", "detail": "does not hold: every cell can be read"},
         "not met: every cell can be read; 3 of 40"),
        ("L9-XXX-001", "", FINDING, "L9-XXX-001"),
        ("", "", FINDING, ""),
    ],
)  # fmt: skip
def test_a_reason_in_english_is_made_of_the_rule_and_the_finding(
    rule_id: str, reason: str, finding: dict[str, object], said: str
) -> None:
    assert Reasons(RULES, {"缺创建时间：3 件": finding}).words(rule_id, reason).en == said
