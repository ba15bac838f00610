"""The list of rules in the seed is that of the documents; every rule has a dimension."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from minhu.release.release_folder import Release
from minhu.settings import PROJECT_ROOT

pytestmark = pytest.mark.nights(2)

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def documented(path: Path) -> dict[str, tuple[str, str, str]]:
    """Severity, what is asked and who acts, by rule, as docs/rules-arrival.md has them."""
    found: dict[str, tuple[str, str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| L"):
            continue
        rule_id, _, severity, asks, who = (cell.strip() for cell in line.strip().strip("|").split(" | "))
        layer, codes, number = rule_id.rsplit("-", 1)[0].split("-")[0], rule_id.split("-")[1], rule_id[-3:]
        for code in codes.split("/"):
            found[f"{layer}-{code}-{number}"] = (severity.split(",")[0], asks.replace("`", ""), who)
    return found


def test_the_seed_lists_the_arrival_rules_as_documented() -> None:
    listed = {row["rule_id"]: (row["severity"], row["reason"], row["who_acts"]) for row in seed("check_rules")}
    wanted = documented(PROJECT_ROOT / "docs" / "rules-arrival.md")
    missing = {rule: said for rule, said in wanted.items() if listed.get(rule) != said}
    assert not missing, f"write these into dbt_project/seeds/check_rules.csv: {missing}"
    assert {rule for rule in listed if re.match("L[01]-", rule)} == set(wanted)


def test_every_rule_has_words_in_chinese_a_dimension_and_someone_who_acts(night: Release) -> None:
    rules = night.table("quality_rules").to_pylist()
    assert len(rules) > 400
    assert len({row["rule_id"] for row in rules}) == len(rules)
    for row in rules:
        assert row["dimension"] and row["who_acts"] and row["reason"] and row["table_name"], row["rule_id"]
        assert re.search("[\u4e00-\u9fff]", row["reason_zh"]), row["rule_id"]
    named = {row["rule_id"] for row in night.table("quality_findings").to_pylist()}
    assert named <= {row["rule_id"] for row in rules}, "a rule found something and is not listed"
