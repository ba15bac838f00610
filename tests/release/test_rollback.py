"""The pointer: back, forward, to what was purged; readers in the middle of it; a long random history."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from minhu.audit import verification
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.landing.night import Night
from minhu.ledger.chain import Ledger
from minhu.release import published, publisher, releases

from .checks import files_equal_postgres, shown, versions
from .conftest import CELLS, D18, D19, D20, D21, IDENTITY, Home, empty_database


def test_back_and_forward_again(home: Home) -> None:
    first = home.night(D19)
    second = home.night(D20, (replace(CELLS[0], numerator=6), *CELLS[1:]))
    stored = versions(home)
    for wanted, numerator in ((first, 3), (second, 6), (first, 3)):
        assert publisher.rollback(home.settings, home.uri, wanted.release_id).release_id == wanted.release_id
        assert shown(home) == wanted.release_id == releases.current(home.settings).release_id
        assert home.rows(
            "select numerator::int from published.kpi_results where unit_code = 'U1' and period_start = '2026-11-20'"
        ) == [(numerator,)]
    assert versions(home) == stored  # nothing but the pointer moved
    kinds = [event.kind for event in Ledger(home.settings.ledger_path).events()]
    assert kinds == ["release", "release", "rollback", "rollback", "rollback"]
    assert verification.verify(home.settings) == []


def test_rolling_back_to_the_current_release_records_nothing(home: Home) -> None:
    night = home.night(D20)
    publisher.rollback(home.settings, home.uri, night.release_id)
    assert len(Ledger(home.settings.ledger_path).events()) == 1


def test_rerun_after_a_rollback_leaves_the_pointer_where_the_operator_put_it(home: Home) -> None:
    first, _ = home.night(D19), home.night(D20)
    publisher.rollback(home.settings, home.uri, first.release_id)
    home.night(D20)
    assert shown(home) == first.release_id
    newest = home.night(D21)
    assert shown(home) == newest.release_id == releases.current(home.settings).release_id


def test_unknown_release_names_the_nearest(home: Home) -> None:
    night = home.night(D20)
    with pytest.raises(UsageError, match=night.release_id):
        publisher.rollback(home.settings, home.uri, "2026-11-20-0000000000")
    with pytest.raises(UsageError, match="2026-11-20-"):
        publisher.rollback(home.settings, home.uri, "nonsense")


def test_rollback_without_a_database_changes_nothing(home: Home) -> None:
    first, second = home.night(D19), home.night(D20)
    with pytest.raises(TransientError):
        publisher.rollback(home.settings, "postgresql://127.0.0.1:1/minhu?connect_timeout=2", first.release_id)
    assert releases.current(home.settings).release_id == second.release_id


#: Rows of the KPI table that no release shows any more.
SHOWN_BY_NONE = (
    "select count(*) from published_store.kpi_results_versions as cell where not exists (select 1 from "
    "published_store.releases as kept where not kept.is_purged and kept.release_no >= cell.from_release "
    "and (cell.to_release is null or kept.release_no < cell.to_release))"
)


def test_old_versions_are_purged_and_month_ends_stay(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "KEEP_RELEASES", 2)
    days = [date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1), D18, D19, D20]
    nights = [home.night(day, (replace(CELLS[0], numerator=n), *CELLS[1:])) for n, day in enumerate(days)]
    kept = home.rows("select business_date from published.releases where not is_purged order by 1")
    assert [row[0] for row in kept] == [date(2026, 10, 31), D19, D20]
    assert len([v for v in versions(home) if v[:2] == ("U1", "2026-11")]) == 3
    assert home.rows(SHOWN_BY_NONE) == [(0,)]
    assert files_equal_postgres(home) == 3
    with pytest.raises(psycopg.errors.RaiseException, match="release number 1 cannot be read"):
        home.rows("select * from published.kpi_results_at(1)")

    # a purged release comes back from its folder
    back = publisher.rollback(home.settings, home.uri, nights[0].release_id)
    assert shown(home) == back.release_id
    assert home.rows("select min(numerator)::int from published.kpi_results where unit_code = 'U1'") == [(0,)]
    assert files_equal_postgres(home) >= 3
    assert verification.verify(home.settings) == []


@pytest.mark.parametrize("seed", range(4))
def test_what_no_kept_release_shows_is_purged_and_nothing_else(
    home: Home, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Nights in any order and roll-backs, over the ends of months: purging looks at what the last step closed only."""
    monkeypatch.setattr(published, "KEEP_RELEASES", 2)
    chance = random.Random(seed)
    days = [date(2026, 9, 28) + timedelta(days=n) for n in range(0, 64, 4)]
    chance.shuffle(days)
    made = []
    for number, day in enumerate(days[:9]):
        cells = [replace(cell, numerator=chance.randrange(3)) for cell in CELLS]
        made.append(home.night(day, cells))
        if number % 3 == 2:
            publisher.rollback(home.settings, home.uri, chance.choice(made).release_id)
        assert home.rows(SHOWN_BY_NONE) == [(0,)]
        assert files_equal_postgres(home) >= min(number + 1, 2)
    assert home.rows("select count(*) > 0 from published.releases where is_purged") == [(True,)]


def test_release_that_readers_see_is_never_purged(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "KEEP_RELEASES", 1)
    first = home.night(D19)
    home.night(D20, (replace(CELLS[0], numerator=5), *CELLS[1:]))
    publisher.rollback(home.settings, home.uri, first.release_id)
    home.night(D18)  # older than what is shown, so the pointer stays
    assert shown(home) == first.release_id
    assert home.rows("select count(*) from published.kpi_results") == [(len(CELLS),)]
    assert files_equal_postgres(home) == 3


def test_purged_release_whose_folder_is_damaged_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "KEEP_RELEASES", 1)
    first = home.night(D18)
    home.night(D19)
    (first.path / "dim_units.parquet").unlink()
    with pytest.raises(PermanentError, match=r"expected dim_units.parquet .* found no file - restore the folder"):
        publisher.rollback(home.settings, home.uri, first.release_id)
    assert len(Ledger(home.settings.ledger_path).events()) == 2


def test_new_database_is_filled_from_the_release_folders(home: Home, server: Path) -> None:
    nights = [home.night(day, (replace(CELLS[0], numerator=n), *CELLS[1:])) for n, day in enumerate((D18, D19, D20))]
    publisher.rollback(home.settings, home.uri, nights[1].release_id)
    home.uri = empty_database(server, "published_again")
    home.publish(D20)
    assert shown(home) == nights[1].release_id
    assert files_equal_postgres(home) == 3


def test_open_reader_sees_all_old_until_it_asks_again_and_never_waits(home: Home) -> None:
    home.night(D19)
    query = "select release_id, sum(numerator)::int from published.kpi_results group by 1"
    with (
        psycopg.connect(home.uri) as transaction,
        psycopg.connect(home.uri, autocommit=True) as fresh,
    ):
        transaction.execute("set transaction isolation level repeatable read")
        fresh.execute("set statement_timeout = '2s'")
        old = transaction.execute(query.encode()).fetchall()
        seen = []

        def look(line: str) -> None:
            home.said.append(line)
            seen.append(fresh.execute(query.encode()).fetchall())

        home.build(D20, (replace(CELLS[0], numerator=100), *CELLS[1:]))
        new = publisher.publish(Night(home.settings, D20), home.uri, IDENTITY, [], progress=look)
        now = fresh.execute(query.encode()).fetchall()
        assert transaction.execute(query.encode()).fetchall() == old
        assert now == [(new.release_id, old[0][1] + 97)]
        assert all(answer in (old, now) for answer in seen)
        assert seen[-3:] == [old, now, now]  # before commit, after it, after the purge


def test_any_history_reads_the_same_from_postgres_and_from_the_folders(home: Home) -> None:
    chance = random.Random(12345)
    published_ids: list[str] = []
    for _ in range(14):
        day = D18 + timedelta(days=chance.randrange(-40, 40))
        cells = []
        for number, cell in enumerate(CELLS):
            start = day if chance.random() < 0.3 else cell.period_start
            unit = f"U{number}"  # keeps the keys apart whatever the dates
            if chance.random() < 0.9:
                cells.append(replace(cell, unit_code=unit, numerator=chance.randrange(3), period_start=start))
        published_ids.append(home.night(day, cells).release_id)
        if chance.random() < 0.3:
            publisher.rollback(home.settings, home.uri, chance.choice(published_ids))
        assert shown(home) == releases.current(home.settings).release_id  # two places, one rule
    assert files_equal_postgres(home) == len(set(published_ids))
    assert verification.verify(home.settings) == []
