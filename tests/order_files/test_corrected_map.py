"""A map that was wrong, a night, the map corrected, and the night again: right figures, told as restated by the map."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from minhu.analysis import restatements
from minhu.order_files import load_orders
from minhu.release.release_folder import Release
from minhu.reports.presentation import words
from tests.fixtures.databases import copied_database
from tests.fixtures.homes import settings_at
from tests.order_files.conftest import PLAIN, publish_night_of

pytestmark = pytest.mark.nights(2)

RIGHT = PLAIN.replace(
    "[absent]",
    '[places.district]\nid = "ward"\n[places.community]\nid = "block"\nname = "block"\n'
    '[[leave_out]]\nwhen = { kind = "test" }\nreason = "tests of the system"\n[absent]',
)
#: Closed is read from the wrong column, blocks lie in the wards of their desks, tests count, two names of a unit are two.
WRONG = (
    RIGHT.replace('closed_at = "closed"', 'closed_at = "changed"')
    .replace('id = "ward"', 'id = "desk"')
    .replace('when = { kind = "test" }', 'when = { kind = "nothing" }')
)


def orders(path: Path) -> Path:
    """January's: 40 in time and 10 late in ward 1, 30 in time in ward 2, 6 tests; one of April, so that January is over."""
    rows = [("W1", "B1", "D2", "02", "09", "")] * 40 + [("W1", "B1", "D2", "08", "09", "")] * 10
    rows += [("W2", "B2", "D2", "02", "09", "")] * 30 + [("W2", "B2", "D2", "02", "09", "test")] * 6
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(
            ["id", "created", "due", "closed", "changed", "status", "unit", "ward", "desk", "block", "kind"]
        )
        for number, (ward, block, desk, closed, changed, kind) in enumerate(rows):
            writer.writerow(
                [f"A{number:03d}", f"2024-01-0{1 + number % 2} 08:00", "2024-01-05 18:00", f"2024-01-{closed} 20:00",
                 f"2024-01-{changed} 10:00", "C", "Roads", ward, desk, block, kind]
            )  # fmt: skip
        writer.writerow(
            ["Z1", "2024-04-10 08:00", "2024-04-20 18:00", "", "2024-04-10 09:00", "O", "Roads", "W1", "D2", "B1", ""]
        )
    return path


@dataclass
class Story:
    home: Path
    releases: tuple[Release, Release]
    published: str

    def month(self, kpi_id: str, unit: str) -> tuple[int, int] | None:
        with psycopg.connect(self.published) as connection:
            found = connection.execute(
                "select numerator::int, denominator::int from published.kpi_results where kpi_id = %s and unit_code = %s "
                "and variant = 'main' and caliber = 'full' and period_type = 'month' and period_start = '2024-01-01'",
                (kpi_id, unit),
            ).fetchone()
        return found and (found[0], found[1])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Story:
    folder = tmp_path_factory.mktemp("corrected")
    uri, home = copied_database(server, "template1", "corrected_source"), folder / "home"
    published = copied_database(server, "template1", "corrected_published")
    made = []
    for text in (WRONG, RIGHT):
        (folder / "plainfield.toml").write_text(text, encoding="utf-8")
        report = load_orders(folder / "plainfield.toml", [orders(folder / "orders.csv")], uri, home)
        assert report.business_date == "2024-04-10"
        made.append(publish_night_of(report, uri, published, home, with_reports=True))
    return Story(home, (made[0], made[1]), published)


def test_the_night_on_the_corrected_map_counts_as_if_there_had_been_no_other(story: Story) -> None:
    assert story.month("H06", "PF") == (70, 80)
    assert story.month("H06", "PF-W1") == (40, 50)
    assert story.month("H06", "PF-W2") == (30, 30)
    assert story.month("H06", "PF-D2") is None, "the ward of the desk is none"


def test_what_changed_is_told_with_the_map_as_its_cause(story: Story) -> None:
    wrong, right = story.releases
    rows = right.table("kpi_restatements").to_pylist()
    assert rows and all("map" in row["causes"].split() for row in rows)
    assert not any(set(row["causes"].split()) & {"border_change", "unexplained", "code"} for row in rows)
    city = next(
        row for row in rows
        if (row["kpi_id"], row["variant"], row["unit_code"], row["period_type"], row["caliber"])
        == ("H06", "main", "PF", "month", "full")
    )  # fmt: skip
    assert (city["release_before"], city["numerator_before"], city["denominator_before"]) == (wrong.release_id, 0, 86)
    assert (city["numerator_now"], city["denominator_now"], city["difference"]) == (70, 80, "changed")
    assert {row["difference"] for row in rows if row["unit_code"] == "PF-D2"} == {"gone"}
    assert {row["difference"] for row in rows if row["unit_code"] == "PF-W2"} == {"added"}
    told = restatements.read_log(settings_at(story.home), kpi="H06", unit="PF", period="2024-01").to_pylist()
    assert told and all("map" in row["causes"] for row in told)


def test_orders_that_the_map_leaves_out_now_are_told_and_count_no_more(story: Story) -> None:
    found = story.releases[1].table("quality_findings").to_pylist()
    (gone,) = [row for row in found if row["rule_id"] == "L1-HOT-026"]
    assert (gone["rows_failed"], gone["severity"]) == (6, "warn")


def test_the_dossier_tells_the_map_in_chinese(story: Story) -> None:
    assert words.of("map", words.CAUSES).zh == "工单文件对照表更正"
    page = (story.home / "reports" / story.releases[1].release_id / "changes.html").read_text(encoding="utf-8")
    assert "工单文件对照表更正" in page and story.releases[0].release_id in page
