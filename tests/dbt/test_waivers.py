"""A waiver publishes a cell for one finding on one state of its data, and says so; whatever is wrong with it, it does nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.gate import decision, kpi_checks, waivers
from minhu.landing.night import Night
from minhu.release import publisher
from minhu.settings import Settings
from tests.fixtures.homes import copy_of, query, settings_at
from tests.fixtures.landed import NIGHT

pytestmark = pytest.mark.nights(6)

FINDING = Finding(
    "L4-GXK-004", "block", "minhu", "kpi_values", "planted", kpi_id="H06", unit_type="district", unit_code="d40",
    period_from="2026-11-01", period_to="2026-11-30", rows_seen=40, rows_failed=3,
)  # fmt: skip

SAYS = "未通过“占比在0至1之间”：检视 40 项，不合 3 项"


def waiver(sha256: str, **changed: Any) -> dict[str, Any]:
    row = {
        "waiver_id": "W-1", "rule_id": "L4-GXK-004", "finding_sha256": sha256, "author": "wang", "approver": "li",
        "reason": "已逐条核对", "approved_on": NIGHT, "expires_on": NIGHT + timedelta(days=30),
    }  # fmt: skip
    return row | changed


@pytest.fixture(scope="module")
def home(city_of_floors: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return copy_of(city_of_floors, tmp_path_factory.mktemp("waived") / "home")


def judge(
    home: Settings, monkeypatch: pytest.MonkeyPatch, finding: Finding | list[Finding], *rows: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], dict[str, str]]:
    """The cell of the finding's district after a night with it and those waivers, and what became of each waiver."""
    findings = finding if isinstance(finding, list) else [finding]
    monkeypatch.setattr(kpi_checks, "check_values", lambda *_: findings)
    monkeypatch.setattr(publisher, "latest_before", lambda *_: None)
    waivers.write(home.home / "waivers.toml", rows)
    decision.decide_verdicts(Night(home, NIGHT))
    cell = query(
        home,
        "select verdict, rule_id, reason from publish.kpi_results where kpi_id = 'H06' and variant = 'main' and "
        "unit_code = ? and period_type = 'month' and period_start = date '2026-11-01' and caliber = 'full'",
        findings[0].unit_code,
    )
    return cell, dict(query(home, "select waiver_id, status from publish.waivers"))  # type: ignore[arg-type]


def test_a_waived_cell_is_published_and_says_who_answers_for_it(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, _ = judge(home, monkeypatch, FINDING)
    assert cell == [("WITHHELD", "L4-GXK-004", SAYS)]
    ((sha256, waived_by),) = query(
        home, "select finding_sha256, waiver_id from publish.quality_findings where rule_id = 'L4-GXK-004'"
    )
    assert waived_by == ""

    cell, status = judge(home, monkeypatch, FINDING, waiver(sha256))
    assert cell == [
        ("PUBLISHED_WITH_NOTE", "L4-GXK-004", f"已豁免 W-1（批准人 li，有效至 2026-12-20）：已逐条核对；{SAYS}")
    ]
    assert status == {"W-1": "holds"}
    # the night of a day runs on the morning after, and is read later
    _, status = judge(home, monkeypatch, FINDING, waiver(sha256, approved_on=NIGHT + timedelta(days=14)))
    assert status == {"W-1": "holds"}

    bad = [
        waiver(sha256, waiver_id="W-2", approver="wang"),
        waiver(sha256, waiver_id="W-2b", approver="ＷＡＮＧ "),
        waiver(sha256, waiver_id="W-3", expires_on=NIGHT - timedelta(days=1), approved_on=NIGHT - timedelta(days=9)),
        waiver(sha256, waiver_id="W-4", approved_on=NIGHT + timedelta(days=15)),
        waiver("0" * 64, waiver_id="W-5"),
        waiver(sha256, waiver_id="W-6", rule_id="L4-GXK-001"),
    ]
    cell, status = judge(home, monkeypatch, FINDING, *bad)
    assert cell == [("WITHHELD", "L4-GXK-004", SAYS)]
    assert status == {
        "W-2": "approver_is_author", "W-2b": "approver_is_author", "W-3": "expired", "W-4": "not_yet_approved",
        "W-5": "other_data", "W-6": "other_data",
    }  # fmt: skip

    # one more row failed since: the waiver speaks about other data
    worse = Finding(**{**FINDING.__dict__, "rows_failed": 4})
    cell, status = judge(home, monkeypatch, worse, waiver(sha256))
    assert cell == [("WITHHELD", "L4-GXK-004", SAYS.replace("不合 3 项", "不合 4 项"))]
    assert status == {"W-1": "other_data"}


def test_waivers_of_a_cell_with_few_cases_and_another_warning_are_all_told(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocking = Finding(**{**FINDING.__dict__, "unit_code": "d20"})
    other = Finding(**{**blocking.__dict__, "rule_id": "L4-GXK-005"})
    warning = Finding(**{**blocking.__dict__, "rule_id": "L1-HOT-099", "severity": "warn"})
    judge(home, monkeypatch, [blocking, other, warning])
    found = query(
        home,
        "select rule_id, finding_sha256 from publish.quality_findings where rule_id like 'L4-GXK%' order by rule_id",
    )
    rows = [waiver(sha256, waiver_id=f"W-{rule_id}", rule_id=rule_id) for rule_id, sha256 in found]
    ((verdict, rule_id, reason),), _ = judge(home, monkeypatch, [blocking, other, warning], *rows)
    assert (verdict, rule_id) == ("BAND_ONLY", "L4-KPI-004")
    assert "已豁免 W-L4-GXK-004" in reason and "已豁免 W-L4-GXK-005" in reason and reason.startswith("样本不足以排名")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[waiver]", "it is not TOML"),
        ("[[waivers]]\nwaiver_id = 'W-1'", "expected nothing but"),
        ("[[waiver]]\nwaiver_id = 'W-1'", "W-1 has no approved_on, approver, author, expires_on"),
        (
            waivers.as_toml(waiver("0" * 64, reason="checked")),
            "W-1: expected a reason in Chinese, for readers of the figure read it",
        ),
        (waivers.as_toml(waiver("0" * 64)) + "until = 2026-12-20", "W-1 has until, which nobody reads"),
        (waivers.as_toml(waiver("0" * 64, approver=" ")), "W-1: expected a text for approver"),
        (waivers.as_toml(waiver("0" * 64, expires_on="soon")), "W-1: expected a date like 2026-11-20 for expires_on"),
        (waivers.as_toml(waiver("abc")), "W-1: expected 64 hex digits"),
        (waivers.as_toml(waiver("0" * 64)) * 2, "W-1 stands there twice"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, content: str, says: str) -> None:
    settings = settings_at(tmp_path)
    (tmp_path / "waivers.toml").write_text(content, encoding="utf-8")
    with pytest.raises(PermanentError, match="read the waivers") as caught:
        waivers.read(settings)
    assert says in caught.value.happened


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    row = waiver("0" * 64, reason='说："核对\\无误"\n第二行')
    waivers.write(tmp_path / "waivers.toml", [row | {"status": "holds"}])
    assert waivers.read(settings).to_pylist() == [row]
    (tmp_path / "waivers.toml").unlink()
    assert waivers.read(settings).num_rows == 0
