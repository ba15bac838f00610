"""Every rule: the row that breaks it, how often it was counted, which order it names, and what becomes of the order."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from minhu.order_files.rules import RULES
from tests.order_files.conftest import FIXTURES, Load, found, order

#: rule, what the second of three rows says, column of the finding
BREAKS: list[tuple[str, dict[str, str], str]] = [
    ("L1-ORD-004", {"Result": "mended by José"}, ""),
    ("L1-ORD-006", {"Due": "soon"}, "due_at"),
    ("L1-ORD-007", {"Closed": "2022-01-02 09:00:00"}, "closed_at"),
    ("L1-ORD-008", {"Changed": "2022-01-02 09:00:00"}, "status_at"),
    ("L1-ORD-009", {"Due": "2022-01-02 09:00:00"}, "due_at"),
    ("L1-ORD-010", {"Due": ""}, "due_at"),
    ("L1-ORD-011", {"Unit": "Roads Department"}, "unit_code"),
    ("L1-ORD-012", {"Type": "Pot hole"}, "category_code"),
    ("L1-ORD-013", {"Source": "Pigeon"}, "channel"),
    ("L1-ORD-013", {"Status": "Lost"}, "status"),
    ("L1-ORD-016", {"Kind": "-"}, "demand_type"),
    ("L1-ORD-017", {"Result": "A DUPLICATE, closed"}, "closure_code"),
    ("L1-ORD-018", {"District": "Norther"}, "district_code"),
    ("L1-ORD-019", {"Quarter": ""}, "community_code"),
    ("L1-ORD-019", {"DistrictId": "0", "District": "-"}, "district_code"),
    ("L1-ORD-020", {"UnitId": "", "Unit": ""}, "unit_code"),
    ("L1-ORD-020", {"Group": "", "TypeId": "", "Type": ""}, "category_code"),
    ("L1-ORD-021", {"InTime": "2"}, "claimed_on_time"),
    ("L1-ORD-022", {"Due": ""}, "claimed_on_time"),
    ("L1-ORD-022", {"Closed": "2022-01-06 09:00:00", "Changed": "2022-01-06 09:00:00"}, "claimed_on_time"),
    ("L1-ORD-025", {"Closed": "3020-01-04 09:00:00"}, "closed_at"),
    ("L1-ORD-025", {"Due": "1999-01-04 09:00:00"}, "due_at"),
    ("L1-ORD-026", {"Due": "2022-03-13 02:30:00"}, "due_at"),
    ("L1-ORD-026", {"Due": "2022-11-06 01:30:00"}, "due_at"),
    ("L1-ORD-027", {"Closed": ""}, "closed_at"),
    ("L1-ORD-028", {"Status": "Open"}, "closed_at"),
    ("L1-ORD-029", {"Changed": "2022-01-04 08:59:59"}, "status_at"),
    ("L1-ORD-030", {"Kind": "Thanks"}, "demand_type"),
    ("L1-ORD-031", {"UnitId": "U9", "Unit": ""}, "unit_code"),
    ("L1-ORD-031", {"DistrictId": "9", "District": ""}, "district_code"),
    ("L1-ORD-031", {"UnitId": ""}, "unit_code"),
    ("L1-ORD-032", {"DistrictId": "8", "District": "South"}, "community_code"),
    ("L1-ORD-033", {"SourceId": "2"}, ""),
    ("L1-ORD-034", {"Parent": "2021-77"}, "parent_order_id"),
    ("L1-ORD-035", {"Parent": "2022-2"}, "parent_order_id"),
    ("L1-ORD-037", {"DistrictId": "", "District": "", "Quarter": ""}, "community_code"),
    ("L1-ORD-038", {"InTime": "0"}, "claimed_on_time"),
    ("L1-ORD-039", {"Due": "2022-01-03 09:00:02"}, "due_at"),
    ("L1-ORD-040", {"Closed": "2022-01-03 09:00:02"}, "closed_at"),
    ("L1-ORD-041", {"Status": ""}, "status"),
    ("L1-ORD-042", {"Status": "Open", "Closed": "", "InTime": "0", "Due": "2022-05-20 09:00:00"}, "due_at"),
    ("L1-ORD-044", {"InTime": "0", "Due": "2022-05-20 09:00:00"}, "due_at"),
    ("L1-ORD-045", {"Due": "06.01.2022"}, "due_at"),
    ("L1-ORD-045", {"Closed": "04.01.2022"}, "closed_at"),
    ("L1-ORD-051", {"Closed": "04.01.2022"}, "closed_at"),
]
#: Rules that need more than one odd row or an odd file; each has a test of its own below.
OWN_TESTS = {
    "L1-ORD-001", "L1-ORD-002", "L1-ORD-003", "L1-ORD-005", "L1-ORD-014", "L1-ORD-015", "L1-ORD-023", "L1-ORD-024",
    "L1-ORD-036", "L1-ORD-043", "L1-ORD-046", "L1-ORD-047", "L1-ORD-048", "L1-ORD-049", "L1-ORD-050",
    "L1-ORD-052",
}  # fmt: skip


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in BREAKS} | OWN_TESTS == set(RULES)


def test_every_rule_stands_in_the_documentation() -> None:
    text = (FIXTURES.parents[2] / "docs" / "cities" / "README.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| L1-ORD-")}
    assert set(rows) == set(RULES)
    wrong = [rule for rule, (severity, _) in RULES.items() if f"| {severity} |" not in rows[rule]]
    assert wrong == []


@pytest.mark.parametrize(("rule_id", "odd", "column"), BREAKS)
def test_a_row_that_breaks_a_rule_is_counted_and_named(
    load: Load, rule_id: str, odd: dict[str, str], column: str
) -> None:
    findings = found(load([{}, odd, {}]), rule_id, column)
    assert [(f.rows_seen, f.rows_failed, f.sample_keys, f.severity) for f in findings] == [
        (3, 1, "2022-2", RULES[rule_id][0])
    ]
    assert findings[0].table_name == "hotline.work_orders"


def test_sound_rows_give_no_finding_but_the_columns_not_read(load: Load) -> None:
    loaded = load([{}, {}, {}])
    assert [(f.rule_id, f.rows_failed, f.rows_seen) for f in loaded.findings] == [("L1-ORD-036", 2, 25)]
    assert "Reference" in loaded.findings[0].message
    assert len(loaded.tables["work_orders"]) == 3


def test_the_same_row_again_counts_once(load: Load) -> None:
    row = {"Number": "5", "Reference": "R5", "Opened": "2022-01-03 09:00:00"}
    loaded = load([row, row], [row, {"Number": "6"}])
    assert list(loaded.tables["work_orders"]["order_id"]) == ["2022-5", "2022-6"]
    assert [(f.rows_failed, f.sample_keys) for f in found(loaded, "L1-ORD-001")] == [(2, "2022-5")]
    assert not found(loaded, "L1-ORD-002")


def test_of_one_id_with_different_content_the_newest_state_counts_in_any_order_of_files(load: Load) -> None:
    was = {"Number": "5", "Status": "Open", "Closed": "", "Changed": "2022-01-03 10:00:00", "Replied": ""}
    now = {"Number": "5", "Status": "Done"}
    for files in (([was], [now]), ([now], [was])):
        loaded = load(*files)
        assert order(loaded, "2022-5")["status"] == "closed"
        assert [f.rows_failed for f in found(loaded, "L1-ORD-002")] == [1]


@pytest.mark.parametrize(("rule", "unit"), [("first", "U1"), ("last", "U2"), ("newest", "U2")])
def test_the_map_says_which_row_of_one_id_counts(load: Load, rule: str, unit: str) -> None:
    text = _map().replace("[duplicates]", f'[duplicates]\nsame_id = "{rule}"')
    rows = [{"Number": "5"}, {"Number": "5", "UnitId": "U2", "Unit": "Water"}]
    assert (
        order(load([{**row, "Opened": "2022-01-03 09:00:00"} for row in rows], map_text=text), "2022-5")["unit_code"]
        == unit
    )


def test_one_id_that_differs_only_where_nothing_is_read_counts_once(load: Load) -> None:
    row = {"Number": "5", "Opened": "2022-01-03 09:00:00"}
    loaded = load([row, {**row, "Phone": "555-0199"}])
    assert [f.rows_failed for f in found(loaded, "L1-ORD-024")] == [1]
    assert not found(loaded, "L1-ORD-001") and not found(loaded, "L1-ORD-002")


def test_twins_are_both_kept_unless_the_map_says_otherwise(load: Load) -> None:
    rows = [{"Opened": "2022-01-03 09:00:00"}, {"Opened": "2022-01-03 09:00:00"}, {"UnitId": "U2", "Unit": "Water"}]
    loaded = load(rows)
    assert len(loaded.tables["work_orders"]) == 3
    assert [(f.rows_failed, f.sample_keys) for f in found(loaded, "L1-ORD-003")] == [(1, "2022-2")]
    fewer = load(rows, map_text=_map().replace("[duplicates]", '[duplicates]\nidentical_but_id = "keep_first"'))
    assert list(fewer.tables["work_orders"]["order_id"]) == ["2022-1", "2022-3"]
    assert [f.rows_failed for f in found(fewer, "L1-ORD-003")] == [1]


def test_rows_that_cannot_be_orders_are_kept_as_rejects_without_their_content(load: Load, tmp_path: Path) -> None:
    loaded = load([{}, {"Number": ""}, {"Opened": ""}, {"Opened": "yesterday"}])
    assert list(loaded.tables["work_orders"]["order_id"]) == ["2022-1"]
    assert loaded.rejects[["file_name", "row_number", "rule_id", "reason"]].to_dict("records") == [
        {"file_name": "orders-1.csv", "row_number": 3, "rule_id": "L1-ORD-005", "reason": "no id"},
        *(
            {
                "file_name": "orders-1.csv", "row_number": line, "rule_id": "L1-ORD-005",
                "reason": "no time of creation that can be read",
            }
            for line in (4, 5)
        ),
    ]  # fmt: skip
    assert sorted(f.rows_failed for f in found(loaded, "L1-ORD-005")) == [1, 2]


def test_several_words_for_one_state_are_named_with_their_counts(load: Load) -> None:
    open_rows = {"Closed": "", "Changed": "2022-01-03 10:00:00", "InTime": "0"}
    loaded = load([{}, {**open_rows, "Status": "Open"}, {**open_rows, "Status": "Waiting"}])
    (finding,) = found(loaded, "L1-ORD-014")
    assert "several words for open: Open (1), Waiting (1)" in finding.message
    assert (finding.rows_seen, finding.rows_failed) == (3, 2)


def test_dates_exported_as_times_are_noticed_by_their_hour(load: Load) -> None:
    """19:00 in New York in winter is midnight UTC of the next day."""
    loaded = load([{"Opened": "2022-01-02 19:00:00"}, {}, {}])
    assert [(f.column_name, f.rows_failed) for f in found(loaded, "L1-ORD-015")] == [("created_at", 1)]


def test_ids_win_over_names_and_the_most_frequent_name_is_shown(load: Load) -> None:
    loaded = load([{"Unit": "Roads"}, {"Unit": "Roads (North)"}, {"Unit": "Roads"}, {"UnitId": "U2", "Unit": "Roads"}])
    units = loaded.tables["units"].set_index("unit_code")["name"].to_dict()
    assert units == {"U1": "Roads", "U2": "Roads"}
    (finding,) = found(loaded, "L1-ORD-011")
    assert "2 names for 2 ids; 1 ids have several names, 1 names several ids" in finding.message


def test_names_without_ids_make_stable_codes_whatever_their_case(load: Load) -> None:
    loaded = load([{"Quarter": "Old Town"}, {"Quarter": "OLD  TOWN"}, {"Quarter": "Old Town"}, {"Quarter": "Harbour"}])
    places = loaded.tables["places"]
    communities = places[places["level"] == "community"]
    assert dict(zip(communities["place_code"], communities["name"], strict=True)) == {
        "SV-7-harbour": "Harbour",
        "SV-7-old_town": "Old Town",
    }
    assert [f.rows_failed for f in found(loaded, "L1-ORD-018", "community_code")] == [1]


def test_every_place_of_an_order_is_in_the_list_and_hangs_below_the_city(load: Load) -> None:
    loaded = load([{}, {"Quarter": ""}, {"DistrictId": "", "District": "", "Quarter": ""}])
    places = loaded.tables["places"].set_index("place_code")
    assert places.loc["SV-unknown", ["level", "parent_code"]].tolist() == ["community", "SV"]
    assert set(places["parent_code"].dropna()) <= set(places.index)
    used = [
        (order(loaded, f"2022-{n}")["community_code"], order(loaded, f"2022-{n}")["street_code"]) for n in (1, 2, 3)
    ]
    assert used == [("SV-7-old_town", "SV-7"), (None, "SV-7"), ("SV-unknown", None)]


def test_categories_know_the_wider_one(load: Load) -> None:
    table = load([{}, {"TypeId": "", "Type": ""}]).tables["categories"].set_index("category_code")
    assert table["name"].to_dict() == {"streets": "Streets", "streets-10": "Pothole"}
    assert table.loc["streets-10", "parent_code"] == "streets"


def test_a_parent_named_in_a_text_or_a_column_is_kept(load: Load) -> None:
    loaded = load([{}, {"Result": "Duplicate of 2022-1"}, {"Parent": "2022-1"}])
    assert [order(loaded, f"2022-{n}")["parent_order_id"] for n in (1, 2, 3)] == [None, "2022-1", "2022-1"]
    assert order(loaded, "2022-2")["closure_code"] == "duplicate"
    assert not found(loaded, "L1-ORD-017") and not found(loaded, "L1-ORD-034")


def test_orders_merged_in_a_circle_stay_unmerged(load: Load) -> None:
    loaded = load([{"Parent": "2022-2"}, {"Parent": "2022-1"}, {"Parent": "2022-1"}])
    assert [order(loaded, f"2022-{n}")["parent_order_id"] for n in (1, 2, 3)] == [None, None, "2022-1"]
    assert [f.rows_failed for f in found(loaded, "L1-ORD-035")] == [2]


def test_an_impossible_time_neither_moves_the_business_date_nor_hides_the_order(load: Load) -> None:
    loaded = load([{}, {"Closed": "3020-01-04 09:00:00", "Changed": ""}, {"Due": "2022-06-01 09:00:00"}])
    assert loaded.business_date == "2022-01-04"
    assert order(loaded, "2022-2")["closed_at"] == pd.Timestamp("3020-01-04 09:00:00")
    assert order(loaded, "2022-2")["updated_at"] == pd.Timestamp("2022-01-03 10:00:00")


def test_what_happens_after_the_day_the_files_know_of_lies_in_the_future(load: Load) -> None:
    text = _map().replace("[file]", "[file]\nknown_until = 2022-01-05")
    loaded = load([{}, {"Closed": "2022-01-06 09:00:00", "Changed": ""}], map_text=text)
    assert loaded.business_date == "2022-01-05"
    assert [(f.column_name, f.rows_failed) for f in found(loaded, "L1-ORD-025")] == [("closed_at", 1)]


def test_a_deadline_that_the_city_calls_missed_had_passed_when_the_file_was_written(load: Load) -> None:
    still_open = {"Status": "Open", "Closed": "", "InTime": "0", "Due": "2022-05-20 09:00:00"}
    assert load([{}, still_open]).business_date == "2022-05-20"
    assert load([{}, {**still_open, "InTime": "1"}]).business_date == "2022-01-04"


def test_times_with_an_offset_and_dates_are_read_by_the_later_formats(load: Load) -> None:
    loaded = load([{"Closed": "2022-01-04T09:00:00+0800", "Due": "06.01.2022"}])
    assert order(loaded, "2022-1")["closed_at"] == pd.Timestamp("2022-01-03 20:00:00")
    assert order(loaded, "2022-1")["due_at"] == pd.Timestamp("2022-01-06 23:59:59"), "a date ends with its day"


def test_unknown_words_are_counted_but_long_texts_are_not_repeated(load: Load) -> None:
    secret = "my name is Clark Kent and I live at 344 Clinton Street, apartment 3D"
    loaded = load([{}, {"Source": "Pigeon"}, {"Source": "Pigeon"}, {"Source": secret}])
    (finding,) = found(loaded, "L1-ORD-013", "channel")
    assert "Pigeon (2), others (1)" in finding.message
    assert all(secret not in str(f) for f in loaded.findings)


def test_nothing_personal_or_unmapped_gets_into_any_table_or_finding(load: Load) -> None:
    loaded = load([{}, {"Phone": "555-0142", "Result": "went to see Lois"}])
    everything = [*loaded.tables.values(), loaded.rejects, pd.DataFrame([f.as_dict() for f in loaded.findings])]
    text = "".join(table.to_csv() for table in everything)
    assert "2022-2" in text
    assert "555-0142" not in text and "Lois" not in text


def _map() -> str:
    return (FIXTURES / "smallville.toml").read_text(encoding="utf-8")
