"""PostgreSQL is held against the release by content: every cell that differs is named, and one command repairs it."""

from __future__ import annotations

from datetime import date

import psycopg
import pyarrow as pa
import pytest
from psycopg import sql

from minhu.audit.verification import Verified, with_published
from minhu.landing.night import Night
from minhu.pipeline import publication
from minhu.release import published_comparison, published_contract, publisher
from minhu.release.published_description import Connection
from minhu.release.published_fingerprints import Compared
from minhu.release.release_folder import ReleaseFile
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


def since(home: Home) -> list[str]:
    """As a night looks: what was equal before is read again only where it was written since."""
    return publisher.differences(home.settings, home.uri, Compared(home.settings.home / "compared.json"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Tables and rows that are read from PostgreSQL."""
    seen: list[tuple[str, int]] = []
    reading = published_comparison._read

    def counted(connection: Connection, name: str, schema: pa.Schema, condition: sql.Composable) -> pa.Table:
        found = reading(connection, name, schema, condition)
        seen.append((name, found.num_rows))
        return found

    monkeypatch.setattr(published_comparison, "_read", counted)
    return seen


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


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_there_is_named_where_only_what_was_written_is_read(home: Home, change: str) -> None:
    home.night(D20)
    assert since(home) == []
    home.execute(change)
    found = published(home)
    assert since(home) == found
    assert since(home) == found, "it is said every night until it is mended"
    publisher.rebuild(home.settings, home.uri)
    assert since(home) == []


HIDDEN_WAYS = (
    # the rows stay as they are, and what a reader is shown of them is another thing
    "alter table published_store.kpi_results_versions rename to aside; create view published_store.kpi_results_versions as "
    "select * from published_store.aside",
    "update published_store.kpi_results_versions set to_release = from_release where unit_code = 'U1'",
    "update published_store.kpi_results_versions set part = '1999-01' where unit_code = 'U1'",
    "with gone as (delete from published_store.kpi_results_versions where unit_code = 'U2' returning *) "
    "insert into published_store.kpi_results_versions select * from gone",
    "create temp table gone as select * from published_store.kpi_results_versions where unit_code = 'U2'; "
    "delete from published_store.kpi_results_versions where unit_code = 'U2'; update gone set numerator = 2; "
    "insert into published_store.kpi_results_versions select * from gone",
    # a partition's columns are found by name, and a default is shown where no row has a value
    "alter table published_store.kpi_results_versions detach partition published_store.kpi_results_open; "
    "alter table published_store.kpi_results_open rename numerator to aside; "
    "alter table published_store.kpi_results_open rename denominator to numerator; "
    "alter table published_store.kpi_results_open rename aside to denominator; "
    "alter table published_store.kpi_results_versions attach partition published_store.kpi_results_open for values in (null)",
    "alter table published_store.kpi_results_versions detach partition published_store.kpi_results_open; "
    "alter table published_store.kpi_results_open drop column value; "
    "alter table published_store.kpi_results_open add column value double precision default 0.99; "
    "alter table published_store.kpi_results_versions attach partition published_store.kpi_results_open for values in (null)",
)


@pytest.mark.parametrize("change", HIDDEN_WAYS)
def test_every_way_to_write_is_read_again(home: Home, read: list[tuple[str, int]], change: str) -> None:
    home.night(D20)
    assert since(home) == []
    read.clear()
    home.execute(change)
    found = since(home)
    assert found == published(home)
    assert ("detach" not in change) or found
    assert [name for name, _ in read].count("kpi_results") > 1, "both have read it"


def test_a_moment_that_all_rows_take_from_their_release_is_compared_with_it(home: Home) -> None:
    home.night(D20)
    assert since(home) == []
    home.execute("update published_store.releases set as_of = as_of - interval '1 day'")
    found = since(home)
    assert found[0].endswith("as_of is 2026-11-19 16:00:00, in the release it is not") and found == published(home)


def test_a_view_that_shows_other_values_is_seen_although_no_row_was_written(home: Home) -> None:
    home.night(D20)
    assert since(home) == []
    (text,) = home.rows("select pg_get_viewdef('published.kpi_results')")[0]
    assert "cell.numerator" in text
    changed = text.replace("cell.numerator", "cast(cell.numerator + 1 as numeric(18, 4)) as numerator").rstrip(";")
    home.execute(f"create or replace view published.kpi_results as {changed}")
    found = since(home)
    assert found == published(home) and "numerator is 4, released was 3" in " ".join(found)


def test_a_writer_that_began_before_the_publisher_is_seen(home: Home) -> None:
    """Its number is lower, so numbers that are only added up could come out the same."""
    with psycopg.connect(home.uri) as early, psycopg.connect(home.uri) as late:
        early.execute("select pg_current_xact_id()")
        home.night(D20)
        assert since(home) == []
        late.execute("select pg_current_xact_id()")
        for connection, unit in ((early, "U1"), (late, "U2")):
            connection.execute(
                "update published_store.kpi_results_versions set numerator = 2 where unit_code = %s", [unit]
            )
            connection.commit()
    found = " ".join(since(home))
    assert "unit_code=U1" in found and "unit_code=U2" in found


WAYS_TO_BE_TRUSTED = (
    "create table published_store.overrides (unit_code text, numerator numeric(18, 4)); "
    "{view} left join published_store.overrides as o on o.unit_code = cell.unit_code",
    "create function published_store.told(n numeric) returns numeric language sql as 'select n'; {view}",
    "{view} where current_date < date '2999-01-01'",
)


@pytest.mark.parametrize("way", WAYS_TO_BE_TRUSTED)
def test_a_view_of_another_making_is_read_whole_although_it_shows_the_same(
    home: Home, read: list[tuple[str, int]], way: str
) -> None:
    """What it shows may hang on rows, functions and clocks that nobody compares."""
    home.night(D20)
    assert since(home) == []
    (text,) = home.rows("select pg_get_viewdef('published.kpi_results')")[0]
    select = text.rstrip(";")
    if "told" in way:
        select = select.replace(
            "cell.numerator", "cast(published_store.told(cell.numerator) as numeric(18, 4)) as numerator"
        )
    elif "overrides" in way:
        select = select.replace("cell.numerator", "coalesce(o.numerator, cell.numerator)::numeric(18, 4) as numerator")
    home.execute(way.format(view=f"create or replace view published.kpi_results as {select}"))
    for _ in range(2):
        read.clear()
        assert since(home) == [] and "kpi_results" in dict(read)
    if "overrides" in way:
        home.execute("insert into published_store.overrides values ('U1', 77)")
        assert "numerator is 77" in " ".join(since(home))


def test_the_views_of_every_table_are_known_by_their_text(home: Home, read: list[tuple[str, int]]) -> None:
    """On this PostgreSQL; where it writes them otherwise, all is read."""
    home.night(D20)
    assert since(home) == [] and len(read) >= 6
    read.clear()
    assert since(home) == [] and read == []


@pytest.mark.parametrize("dated", [("2025-03", "2026-11"), ("2025-03", "2026-11", "undated")])
def test_a_row_without_a_date_is_in_one_piece(home: Home, dated: tuple[str, ...]) -> None:
    """Also where the release has none: somebody may have put it in."""
    home.night(D20)
    table = published_contract.load(home.settings.dbt_dir).tables["quality_findings"]
    files = [ReleaseFile(f"quality_findings/{part}.parquet", "0" * 64, 1, 1) for part in dated]
    pieces = list(published_comparison._pieces(files, table, None))
    conditions = [condition.as_string(None) for _, condition in pieces]
    assert sum("is null" in condition for condition in conditions) == 1
    assert sorted(part for parts, _ in pieces for part in parts or ()) == sorted(dated)


def test_a_table_that_was_one_file_before_is_compared_in_one_piece(home: Home) -> None:
    """As after a roll-back to a release from before it was cut by month."""
    home.night(D20)
    table = published_contract.load(home.settings.dbt_dir).tables["quality_findings"]
    whole = [ReleaseFile("quality_findings.parquet", "0" * 64, 1, 1)]
    for wanted in (None, {""}):
        ((parts, condition),) = published_comparison._pieces(whole, table, wanted)
        assert (parts, condition.as_string(None)) == (None, "true")


def test_a_night_reads_the_parts_it_changed_and_no_settled_month(home: Home, read: list[tuple[str, int]]) -> None:
    """Ten cells of years ago, two of the night: of the ten none is read again, whoever publishes."""
    old = tuple(Cell(f"U{number}", 1, 2, period_start=date(2023, 11, 20)) for number in range(10))
    home.night(D20, (*old, Cell("U1", 1, 2)))
    assert since(home) == [] and dict(read)["kpi_results"] == 1, "the last year; the ten were read before it"
    assert ("kpi_results", 10) in read
    read.clear()
    home.night(D21, (*old, Cell("U1", 1, 2), Cell("U2", 1, 3)))
    assert since(home) == [] and [rows for name, rows in read if name == "kpi_results"] == [2]
    read.clear()
    assert since(home) == [] and read == [], "nothing was written since"
    home.execute("update published_store.kpi_results_versions set numerator = 2 where period_start = '2023-11-20'")
    assert "numerator is 2" in " ".join(since(home))


def test_what_was_compared_before_may_be_lost_or_damaged(home: Home) -> None:
    home.night(D20)
    assert since(home) == []
    kept = home.settings.home / "compared.json"
    for content in ("", "[]", '{"form": 0}'):
        kept.write_text(content, encoding="utf-8")
        assert since(home) == [], content


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


def test_a_night_that_may_not_see_who_wrote_reads_everything(home: Home, read: list[tuple[str, int]]) -> None:
    home.night(D20)
    assert since(home) == []
    read.clear()
    uri = home.uri.replace("//postgres@", "//minhu_reader@")
    with psycopg.connect(home.uri, autocommit=True) as connection:
        connection.execute(f"grant connect on database {connection.info.dbname} to minhu_reader".encode())
    kept = Compared(home.settings.home / "compared.json")
    assert publisher.differences(home.settings, uri, kept) == [] and "kpi_results" in dict(read)


def test_a_reader_is_enough_to_compare(home: Home) -> None:
    home.night(D20)
    with psycopg.connect(home.uri, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"grant connect on database {name} to minhu_reader".encode())
    uri = home.uri.replace("//postgres@", "//minhu_reader@")
    assert uri != home.uri and publisher.differences(home.settings, uri) == []
