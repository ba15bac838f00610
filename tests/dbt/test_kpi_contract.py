"""A KPI's definition never changes without a new version, a line in its history and one in the changelog."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from minhu.gate.kpi_contract import DEFINING_COLUMNS, definition_hash, version_problems

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
Rows = list[dict[str, str]]
MEANT = {"meaning_zh": "此前…；现在…", "meaning_en": "before …, now …"}


def seed(name: str) -> Rows:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_definition_is_that_of_its_version_and_every_new_version_is_explained() -> None:
    contract, versions = seed("kpi_contract"), seed("kpi_contract_versions")
    assert len(contract) >= 100 and len(versions) >= len(contract)
    problems = version_problems(contract, versions, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert problems == [], "\n".join(["", *problems])


def test_every_contract_row_says_all_that_a_reader_needs() -> None:
    always = (
        "kpi_name", "name_zh", "description", "levels", "periods", "direction", "suppress_below", "band_below", "owner_zh",
        "standard", "source", "contract_version", "unit",
    )  # fmt: skip
    for row in seed("kpi_contract"):
        name = f"{row['kpi_id']}/{row['variant']}"
        assert [column for column in always if not row[column]] == [], name
        if row["count_model"] not in ("three_rate", "estimates", "closure_gap"):  # composed: the description says how
            assert row["numerator"], name
            assert row["denominator"] or row["unit"] == "count", name


def a_contract() -> tuple[Rows, Rows, str]:
    """One KPI with two versions, all in order."""
    row = dict.fromkeys(DEFINING_COLUMNS, "") | {"kpi_id": "H99", "variant": "main", "contract_version": "1.1.0"}
    row |= {"numerator": "on_time_count", "denominator": "due_count"}
    of = {"kpi_id": "H99", "variant": "main", "is_break": "false"}
    old = of | {"contract_version": "1.0.0", "valid_from": "2026-01-01", "definition_sha256": "0" * 64}
    new = of | {"contract_version": "1.1.0", "valid_from": "2026-02-01", "definition_sha256": definition_hash(row)}
    new |= MEANT | {"is_break": "true"}
    return [row], [old | dict.fromkeys(MEANT, ""), new], "* H99 1.1.0: before …, now …\n"


def test_a_contract_in_order_has_no_problem() -> None:
    assert version_problems(*a_contract()) == []


@pytest.mark.parametrize("column", DEFINING_COLUMNS)
def test_a_definition_changed_under_its_version_is_caught(column: str) -> None:
    contract, versions, changelog = a_contract()
    contract[0][column] += "1"
    [problem] = version_problems(contract, versions, changelog)
    assert "H99/main: its definition is no longer that of version 1.1.0" in problem
    assert "raise contract_version in kpi_contract.csv above 1.1.0" in problem
    assert definition_hash(contract[0]) in problem and "kpi_contract_versions.csv" in problem
    assert "CHANGELOG.md a line with `H99 <new version>`" in problem


def test_what_does_not_define_a_number_may_change_freely() -> None:
    contract, versions, changelog = a_contract()
    contract[0] |= {"name_zh": "另一个名称", "inputs": "hotline.calls", "owner_zh": "另一个单位"}
    assert version_problems(contract, versions, changelog) == []


def test_values_that_change_columns_are_another_definition() -> None:
    contract, *_ = a_contract()
    swapped = contract[0] | {"numerator": contract[0]["denominator"], "denominator": contract[0]["numerator"]}
    assert definition_hash(swapped) != definition_hash(contract[0])


def unknown_version(contract: Rows, versions: Rows) -> None:
    contract[0]["contract_version"] = "1.2.0"


def forgotten_version(contract: Rows, versions: Rows) -> None:
    contract[0]["contract_version"] = "1.0.0"


def unknown_kpi(contract: Rows, versions: Rows) -> None:
    versions.clear()
    contract[0]["contract_version"] = "1.0.0"


def backward_version(contract: Rows, versions: Rows) -> None:
    versions[0]["contract_version"] = "1.10.0"  # as text it would stand before 1.9.0
    versions[1]["contract_version"] = contract[0]["contract_version"] = "1.9.0"
    versions[0] |= MEANT


def same_day(contract: Rows, versions: Rows) -> None:
    versions[1]["valid_from"] = versions[0]["valid_from"]


def silent_version(contract: Rows, versions: Rows) -> None:
    versions[1]["meaning_zh"] = ""


def strange_break(contract: Rows, versions: Rows) -> None:
    versions[1]["is_break"] = ""


def strange_version(contract: Rows, versions: Rows) -> None:
    versions[1]["contract_version"] = contract[0]["contract_version"] = "2"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unknown_version, "version 1.2.0 has no line in kpi_contract_versions.csv - add the line `H99,main,1.2.0,"),
        (
            forgotten_version,
            "kpi_contract.csv says version 1.0.0, the last line of kpi_contract_versions.csv says 1.1.0",
        ),
        (unknown_kpi, "version 1.0.0 has no line in kpi_contract_versions.csv - add the line `H99,main,1.0.0,"),
        (backward_version, "version 1.9.0 stands after 1.10.0 - versions increase"),
        (same_day, "a later version has a later valid_from"),
        (silent_version, "fill meaning_zh and meaning_en"),
        (strange_break, "write true or false"),
        (strange_version, "write three numbers"),
    ],
)
def test_a_history_out_of_order_is_caught(spoil: Callable[[Rows, Rows], None], said: str) -> None:
    contract, versions, changelog = a_contract()
    spoil(contract, versions)
    assert said in "\n".join(version_problems(contract, versions, changelog))


@pytest.mark.parametrize("changelog", ["", "* H99 1.1.01: …", "* XH99 1.1.0: …", "* H99\n1.1.0: …", "* H99 1.1.0.2"])
def test_a_version_the_changelog_does_not_name_is_caught(changelog: str) -> None:
    contract, versions, _ = a_contract()
    [problem] = version_problems(contract, versions, changelog)
    assert "H99/main 1.1.0: CHANGELOG.md does not name it - add a line with `H99 1.1.0`" in problem
