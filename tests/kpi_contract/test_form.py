"""What a KPI's file may say: shared keys and what differs, and a sentence for what cannot be understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.errors import UsageError
from minhu.gate.kpi_contract import form
from minhu.gate.kpi_contract.draft import as_yaml
from minhu.settings import PROJECT_ROOT

GOOD = (PROJECT_ROOT / "kpis" / "H05.yml").read_text(encoding="utf-8")
TWO = (PROJECT_ROOT / "kpis" / "H13.yml").read_text(encoding="utf-8")


def read(folder: Path, name: str, text: str) -> tuple[list[form.Kpi], list[str]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return form.read_file(path)


def test_a_variant_has_the_shared_keys_and_its_own(tmp_path: Path) -> None:
    [one, other], found = read(tmp_path, "H13.yml", TWO)
    assert found == [] and (one.key, other.key) == ("H13/main", "H13/mean_hops")
    assert one.denominator == other.denominator == "dispatched_count"
    assert (one.unit, other.unit) == ("share", "per_unit")


def test_the_sample_is_the_denominator_where_nothing_else_is_said(tmp_path: Path) -> None:
    [kpi], _ = read(tmp_path, "H05.yml", GOOD)
    assert kpi.sample_size == kpi.denominator == "reply_due_count"
    [other], _ = read(tmp_path, "H05.yml", GOOD + "sample_size: created_count\n")
    [none], _ = read(tmp_path, "H05.yml", GOOD + "sample_size: null\n")
    assert (other.sample_size, none.sample_size) == ("created_count", None)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("kpi_id: H05", "kpi_id: H06", "kpi_id: expected H05, as the file is called, found 'H06'"),
        ("name_zh: 回复率\n", "", "name_zh: expected a value, found nothing - add the line `name_zh: …`"),
        ("name_zh: 回复率", "name_zh: ' '", "name_zh: expected string should match pattern"),
        ("levels:", "levls:", "levls: expected a key of the form, found one it does not know - write levels"),
        ("direction: up", "direction: upwards", "direction: expected 'up', 'down' or 'context', found 'upwards'"),
        ("suppress_below: 10", "suppress_below: ten", "suppress_below: expected input should be a valid integer, found 'ten'"),
        ("suppress_below: 10", "suppress_below: -1", "suppress_below: expected input should be greater than or equal to 0"),
        ("suppress_below: 10\n", "", "suppress_below: expected a value, found nothing"),
        ("description_zh: ", "# ", "description_zh: expected a value, found nothing - add the line `description_zh: …`"),
        ("description_zh: ", "description_zh: Orders due  # ", "description_zh: expected the definition in Chinese, as readers see"),
        ("owner_zh: ", "# ", "owner_zh: expected a value, found nothing"),
        ("direction: up", "direction: up\ndirection: down", "the key direction twice"),
        ("direction: up", "direction: [up", "expected YAML in UTF-8, found"),
        ("version: 1.0.0", "version: 1.0", "history.1.version: expected three numbers, as in 1.1.0, found 1.0"),
        ("valid_from: 2026-11-25", "valid_from: soon", "history.2.valid_from: expected the business date of the first night"),
        ("meaning_en:", "meaning:", "history.2.meaning: expected a key of the form, found one it does not know - write meaning_"),
        ("levels: [", "levels: [] #", "levels: expected list should have at least 1 item"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_said(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    kpis, found = read(tmp_path, "H05.yml", GOOD.replace(before, after, 1))
    assert any(said in sentence for sentence in found), found
    assert all(sentence.startswith("kpis/H05.yml: ") and " - " in sentence for sentence in found)
    assert kpis == [] or before.startswith("kpi_id")


def test_what_is_wrong_at_the_top_is_said_once_and_what_is_wrong_in_a_variant_with_its_name(tmp_path: Path) -> None:
    _, [top] = read(tmp_path, "H13.yml", TWO.replace("settle_days: 0", "settle_days: none"))
    assert top.startswith("kpis/H13.yml: settle_days: expected")
    _, [own] = read(tmp_path, "H13.yml", TWO.replace("unit: per_unit", "unit: per unit"))
    assert own.startswith("kpis/H13.yml: mean_hops: unit: expected")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- H05\n",
        "kpi_id: H05\nvariants: []\n",
        "kpi_id: H05\nvariants: {}\n",
        "kpi_id: H05\nvariants: main\n",
        "kpi_id: H05\nvariants: {main: [numerator]}\n",
    ],
)
def test_a_file_of_another_kind_is_said(tmp_path: Path, text: str) -> None:
    kpis, [sentence] = read(tmp_path, "H05.yml", text)
    assert kpis == [] and "kpis/H05.yml: " in sentence and "expected" in sentence and "found" in sentence


def test_a_folder_without_kpis_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it holds no <id>.yml - call it in a checkout"):
        form.read_folder(tmp_path)


def test_a_folder_is_read_family_by_family_and_all_that_is_wrong_in_it_is_said(tmp_path: Path) -> None:
    for name in ("X01", "G01", "H02", "H01"):
        (tmp_path / f"{name}.yml").write_text(GOOD.replace("kpi_id: H05", f"kpi_id: {name}"), encoding="utf-8")
    (tmp_path / "H03.yml").write_text("- H03\n", encoding="utf-8")
    (tmp_path / "S01.yml").write_text(GOOD, encoding="utf-8")
    kpis, problems = form.read_folder(tmp_path)
    assert [kpi.kpi_id for kpi in kpis if kpi.kpi_id != "H05"] == ["H01", "H02", "G01", "X01"]
    assert [sentence.split(":")[0] for sentence in problems] == ["kpis/H03.yml", "kpis/S01.yml"]
    assert not any(kpi.is_optional for kpi in kpis), "what is not said to be optional must have cells"


def test_what_is_drafted_is_read_as_it_was_meant(tmp_path: Path) -> None:
    long = "Orders: " + "due in the period; " * 12 + "numerator: 'closed' by #1"
    [given], _ = read(tmp_path, "H05.yml", GOOD)
    said = given.model_dump(exclude={"variant"}, exclude_defaults=True) | {
        "description": long,
        "name_zh": "是",
        "standard": "no",
    }
    [kpi], found = read(tmp_path, "H05.yml", as_yaml(said))
    assert found == []
    assert kpi == given.model_copy(update={"description": long, "name_zh": "是", "standard": "no"})
