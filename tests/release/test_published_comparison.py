"""PostgreSQL is held against the release by content: every cell that differs is named, and one command repairs it."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from minhu.audit.verification import Verified, with_published
from minhu.landing.night import Night
from minhu.pipeline import publication
from minhu.release import publisher
from tests.release.conftest import CELLS, D20, D21, Cell, Home

#: What somebody who can write there does, and what is said.
CHANGES = {
    "update published_store.kpi_results_versions set numerator = 5 where unit_code = 'U1' and period_start = '2026-11-20'": (
        "kpi_id=H06", "numerator is 5, released was 3",
    ),
    "update published_store.kpi_results_versions set verdict = 'PUBLISHED' where verdict = 'NOT_RATED'": (
        "verdict is PUBLISHED, released was NOT_RATED",
    ),
    "update published_store.kpi_results_versions set value = value + 1e-15 where unit_code = 'U2'": ("value is 0.3333",),
    "update published_store.dim_units_versions set unit_name = '' where unit_code = 'U1'": (
        "published.dim_units, unit_code=U1", "unit_name is , released was 城管局",
    ),
    "update published_store.quality_findings_versions set message = null": (
        "published.quality_findings, rule_id=L2-HOT-000", "the row is missing", "the row was never released",
    ),
    "delete from published_store.kpi_results_versions where unit_code = 'C1'": ("unit_code=C1", "the row is missing"),
    "insert into published_store.dim_units_versions (part, row_hash, from_release, unit_code, unit_name) "
    "values ('', gen_random_uuid(), 1, 'U9', 'x')": ("unit_code=U9", "the row was never released"),
    "insert into published_store.quality_findings_versions select * from published_store.quality_findings_versions": (
        "published.quality_findings: 2 rows, released were 1: some stand there twice",
    ),
    "drop view published.dim_units cascade": ("published.dim_units cannot be read as the release has it",),
    "create or replace view published.releases as select release_no, release_id, city, business_date, as_of, "
    "manifest_sha256, is_purged, true as is_current, 'li' as signed_off_by, date '2026-11-20' as signed_off_on "
    "from published_store.releases": ("signed_off_by is 'li', in the ledger it is not",),
    "delete from published_store.current_release": ("published shows nothing, the current release is 2026-11-20-",),
}  # fmt: skip


def published(home: Home) -> list[str]:
    return publisher.differences(home.settings, home.uri)


def test_a_sound_database_differs_in_nothing_after_nights_and_roll_backs(home: Home) -> None:
    assert published(home) == [], "nothing was published yet"
    first = home.night(D20)
    assert published(home) == []
    home.night(D21, (*CELLS[1:], Cell("U3", 1, 2), Cell("U1", 0, 0, period_start=D21)))
    assert published(home) == []
    publisher.rollback(home.settings, home.uri, first.release_id)
    assert published(home) == []


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_there_is_named_and_one_command_repairs_it(home: Home, change: str) -> None:
    home.night(D20)
    home.execute(change)
    found = published(home)
    for says in CHANGES[change]:
        assert any(says in line for line in found), found
    publisher.rebuild(home.settings, home.uri)
    assert published(home) == []


def test_what_was_changed_survives_nights_and_roll_backs_and_is_seen(home: Home) -> None:
    """As it was met: the next night and two roll-backs do not mend it, for the row itself did not change."""
    home.night(D20)
    home.execute("update published_store.kpi_results_versions set numerator = 999 where unit_code = 'C1'")
    second = home.night(D21)
    first = home.rows("select release_id from published.releases order by release_no")[0][0]
    publisher.rollback(home.settings, home.uri, first)
    publisher.rollback(home.settings, home.uri, second.release_id)
    found = with_published(Verified(()), home.settings, home.uri)
    assert len(found.problems) == 1 and "numerator is 999" in found.problems[0]
    assert "minhu db repair" in " ".join(found.notes)


def test_a_night_says_which_cells_differ_and_mends_nothing_by_itself(home: Home) -> None:
    home.night(D20)
    home.execute("update published_store.kpi_results_versions set numerator = 999 where unit_code = 'C1'")
    told: list[str] = []
    publication.compare_published(Night(home.settings, D20), home.uri, told.append)
    note = home.settings.home / "failures" / "2026-11-20" / "kpi_publish.published.txt"
    assert "numerator is 999" in told[0] and "minhu db repair" in note.read_text(encoding="utf-8")
    assert home.rows("select numerator from published.kpi_results where unit_code = 'C1'") == [(999,)]
    publisher.rebuild(home.settings, home.uri)
    publication.compare_published(Night(home.settings, D20), home.uri, told.append)
    assert not note.exists() and len(told) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update published_store.kpi_results_versions set numerator = 2 where period_start = '2023-11-20'", "numerator is 2"),
        ("update published_store.kpi_results_versions set period_start = '1970-01-01' where period_start = '2023-11-20'", "1970"),
        ("update published_store.kpi_results_versions set period_start = '2025-05-05' where period_start = '2026-11-20'", "2025"),
        ("update published_store.kpi_results_versions set period_start = '2999-01-01' where period_start = '2026-11-20'", "2999"),
        ("delete from published_store.kpi_results_versions where period_start = '2023-11-20'", "the row is missing"),
    ],
)  # fmt: skip
def test_years_are_compared_one_after_the_other_and_no_date_lies_between_them(
    home: Home, change: str, says: str
) -> None:
    home.night(D20, (Cell("U1", 0, 1, period_start=date(2023, 11, 20)), Cell("U2", 1, 2)))
    assert published(home) == []
    home.execute(change)
    assert says in " ".join(published(home))


def test_many_differences_are_counted(home: Home) -> None:
    home.night(D20, tuple(Cell(f"U{number}", 1, 2) for number in range(50)))
    home.execute("update published_store.kpi_results_versions set numerator = 2")
    found = published(home)
    assert len(found) == 11 and found[-1] == "published.kpi_results: 40 more"


def test_readers_see_the_old_state_until_a_repair_is_complete(home: Home) -> None:
    home.night(D20)

    def fails(line: str) -> None:
        if "before commit" in line:
            raise RuntimeError("cut off")

    with pytest.raises(RuntimeError, match="cut off"):
        publisher.rebuild(home.settings, home.uri, fails)
    assert published(home) == []


def test_a_server_that_is_not_there_is_noted(home: Home) -> None:
    home.night(D20)
    found = with_published(Verified(()), home.settings, None)
    assert found.problems == () and "PostgreSQL was not compared" in found.notes[0]
    found = with_published(Verified(()), home.settings, "host=/nowhere dbname=minhu")
    assert found.problems == () and "PostgreSQL was not compared" in found.notes[0]


def test_a_reader_is_enough_to_compare(home: Home) -> None:
    home.night(D20)
    with psycopg.connect(home.uri, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"grant connect on database {name} to minhu_reader".encode())
    uri = home.uri.replace("//postgres@", "//minhu_reader@")
    assert uri != home.uri and publisher.differences(home.settings, uri) == []
