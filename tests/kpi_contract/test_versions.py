"""A KPI's definition never changes without a new version, words about it in its file and a line in the changelog."""

from __future__ import annotations

from typing import Any

import pytest

from minhu.gate.kpi_contract.form import Kpi
from minhu.gate.kpi_contract.versions import DEFINING_COLUMNS, definition_hash, version_problems
from tests.kpi_contract.conftest import a_kpi

MEANT = {"meaning_zh": "此前…；现在…", "meaning_en": "Before …. Now …."}
OLD = {"version": "1.0.0", "valid_from": "2026-01-01"}
NEW = {"version": "1.1.0", "valid_from": "2026-02-01", "is_break": True, **MEANT}
CHANGELOG = "### Meanings\n| H99 | 1.1.0 | yes | before | now |\n"
CHANGED: dict[str, Any] = {
    "count_model": "cases", "numerator": "late_count", "denominator": "closed_count", "sample_size": "closed_count",
    "unit": "per_unit", "interval_method": "poisson", "direction": "down", "suppress_below": 11, "band_below": 31,
    "settle_days": 1, "description": "Others.",
}  # fmt: skip


def of_two_versions(**keys: Any) -> Kpi:
    return a_kpi(**{"history": [OLD, NEW], **keys})


def recorded(kpi: Kpi) -> dict[tuple[str, str, str], str]:
    """As if the KPI had been written: of its newest version its hash."""
    return {
        (kpi.kpi_id, kpi.variant, version.version): definition_hash(kpi) if version is kpi.history[-1] else "0" * 64
        for version in kpi.history
    }


def test_versions_in_order_have_no_problem() -> None:
    kpi = of_two_versions()
    assert version_problems(kpi, recorded(kpi), CHANGELOG) == []


def test_a_version_that_was_not_written_yet_has_no_problem() -> None:
    kpi = of_two_versions()
    written = {key: value for key, value in recorded(kpi).items() if key[2] != "1.1.0"}
    assert version_problems(kpi, written, CHANGELOG) == []


def test_what_defines_a_number_is_what_is_tried_below() -> None:
    assert set(CHANGED) == set(DEFINING_COLUMNS)


@pytest.mark.parametrize("column", DEFINING_COLUMNS)
def test_a_definition_changed_under_its_version_is_caught(column: str) -> None:
    before, after = of_two_versions(), of_two_versions(**{column: CHANGED[column]})
    [problem] = version_problems(after, recorded(before), CHANGELOG)
    assert "kpis/H99.yml: main: its definition is no longer that of version 1.1.0" in problem
    assert "add a version above 1.1.0 to its history" in problem and "minhu kpi write --unpublished H99" in problem
    assert "the row `| H99 | <new version> | <break> | <before> | <now> |` to *Meanings* of CHANGELOG.md" in problem


def test_what_does_not_define_a_number_may_change_freely() -> None:
    before = of_two_versions()
    after = of_two_versions(
        name_zh="另一个名称",
        description_zh="另一种译法。",
        inputs=["hotline.calls"],
        owner_zh="另一个单位",
        periods=["year"],
    )
    assert version_problems(after, recorded(before), CHANGELOG) == []


def test_values_that_change_columns_are_another_definition() -> None:
    swapped = a_kpi(numerator="due_count", denominator="on_time_count")
    assert definition_hash(swapped) != definition_hash(a_kpi())


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([OLD | {"version": "1.10.0"} | MEANT, NEW | {"version": "1.9.0"}], "version 1.9.0 stands after 1.10.0"),
        ([OLD, NEW | {"version": "1.0.0"}], "version 1.0.0 stands after 1.0.0 in its history"),
        ([OLD, NEW | {"valid_from": "2026-01-01"}], "give the later version a later valid_from"),
        ([OLD, NEW | {"meaning_zh": ""}], "version 1.1.0 does not say what the number meant before and means now"),
        ([OLD | {"version": "1.0.1"}], "version 1.0.1 does not say what the number meant before and means now"),
    ],
)
def test_a_history_out_of_order_is_caught(history: list[dict[str, Any]], said: str) -> None:
    kpi = a_kpi(history=history)
    assert said in "\n".join(version_problems(kpi, recorded(kpi), CHANGELOG))


def test_a_version_that_was_written_and_left_out_is_caught() -> None:
    [problem] = version_problems(a_kpi(history=[NEW]), recorded(of_two_versions()), CHANGELOG)
    assert "version 1.0.0 was written to kpi_contract_versions.csv and is no longer in its history" in problem


def test_an_older_version_of_which_no_definition_is_known_is_caught() -> None:
    kpi = of_two_versions()
    [problem] = version_problems(kpi, {}, CHANGELOG)
    assert "nothing was recorded of the definition of version 1.0.0" in problem
    between = a_kpi(history=[OLD, NEW | {"version": "1.0.1", "valid_from": "2026-01-15"}, NEW])
    known = {key: value for key, value in recorded(between).items() if key[2] != "1.0.1"}
    found = version_problems(between, known, CHANGELOG + "| H99 | 1.0.1 | yes | before | now |\n")
    assert ["nothing was recorded of the definition of version 1.0.1" in problem for problem in found] == [True]


@pytest.mark.parametrize(
    "changelog", ["", "| H99 | 1.1.01 |", "| XH99 | 1.1.0 |", "| H99 |\n| 1.1.0 |", "H99 1.1.0", "| H99 | 1.1.0.2 |"]
)
def test_a_version_the_changelog_does_not_name_is_caught(changelog: str) -> None:
    kpi = of_two_versions()
    [problem] = version_problems(kpi, recorded(kpi), changelog)
    assert "CHANGELOG.md does not name version 1.1.0 - add the row `| H99 | 1.1.0 | <break> |" in problem
