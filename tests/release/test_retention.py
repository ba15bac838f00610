"""What may go of old releases: pages alone, and never those that somebody still needs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minhu.cli.app import app
from minhu.errors import PermanentError
from minhu.landing import contracts
from minhu.landing.zone import Landing
from minhu.ledger.chain import Ledger, SignOff
from minhu.reports import retention
from minhu.settings import Settings
from tests.fixtures.homes import settings_at
from tests.landing.test_landing import WINDOW, tables

FIRST = date(2026, 8, 20)
NIGHTS = 60
LAST = FIRST + timedelta(days=NIGHTS - 1)
EVIDENCE = ("releases", "store", "landing", "public_keys")


def name(day: date) -> str:
    return f"{day}-0000000000"


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Sixty nights to 18 October: one of August was signed off, and readers were led back to one of September."""
    settings = settings_at(tmp_path / "home")
    settings.home.mkdir()
    ledger = Ledger(settings.ledger_path)
    for number in range(NIGHTS):
        day = FIRST + timedelta(days=number)
        ledger.append("release", name(day), day, "0" * 64)
        for layer in (*retention.MADE_AGAIN, *EVIDENCE):
            page = settings.home / layer / name(day) / "index.html"
            page.parent.mkdir(parents=True)
            page.write_text("page", encoding="utf-8")
    approved = SignOff("li", datetime(2026, 9, 5, 9, tzinfo=UTC), "zhao")
    ledger.append("sign_off", name(date(2026, 8, 25)), date(2026, 8, 25), "0" * 64, facts=approved.as_record())
    ledger.append("rollback", name(date(2026, 9, 3)), date(2026, 9, 3), "0" * 64)
    (settings.home / "site" / "current.js").write_text("", encoding="utf-8")
    return settings


def left(settings: Settings, layer: str) -> list[str]:
    return sorted(path.name for path in (settings.home / layer).iterdir() if path.is_dir())


def test_what_somebody_needs_stays(home: Settings) -> None:
    going = retention.may_go(home, nights=10)
    names = {one.folder.name for one in going}
    kept = {name(FIRST + timedelta(days=n)) for n in range(NIGHTS)} - names
    newest = {name(LAST - timedelta(days=n)) for n in range(10)}
    ends, signed, current = (
        {name(date(2026, 8, 31)), name(date(2026, 9, 30))},
        {name(date(2026, 8, 25))},
        {name(date(2026, 9, 3))},
    )
    assert kept == newest | ends | signed | current
    assert [one.folder.name for one in going] == sorted(one.folder.name for one in going)
    assert {one.layer for one in going} == set(retention.MADE_AGAIN) and all(one.bytes == 4 for one in going)


def test_listing_removes_nothing_and_applying_removes_pages_alone(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINHU_HOME", str(home.home))
    listed = CliRunner().invoke(app, ["retention", "--nights", "10"])
    assert listed.exit_code == 0 and "may go (--apply removes them)" in listed.output
    assert "again: minhu dossier 2026-08-20-0000000000" in listed.output
    assert all(len(left(home, layer)) == NIGHTS for layer in retention.MADE_AGAIN)
    applied = CliRunner().invoke(app, ["retention", "--nights", "10", "--apply"])
    assert applied.exit_code == 0 and "removed" in applied.output
    assert all(len(left(home, layer)) == 14 for layer in retention.MADE_AGAIN)
    assert all(len(left(home, layer)) == NIGHTS for layer in EVIDENCE)
    assert (home.home / "site" / "current.js").exists()
    assert retention.may_go(home, nights=10) == []


def test_a_month_that_cannot_be_packed_is_said_and_the_code_is_1(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINHU_HOME", str(home.home))
    landing = Landing(home.landing_dir)
    for day in (date(2026, 1, 5), date(2026, 8, 1)):
        landing.accept(landing.write_attempt("grid", day, WINDOW, tables("g1"), {}))
    part = landing.folder(contracts.table("grid", "grids"), date(2026, 1, 5), 1) / "part.parquet"
    part.write_bytes(part.read_bytes() + b" ")
    applied = CliRunner().invoke(app, ["retention", "--apply"])
    assert applied.exit_code == 1 and "left as it is: " in applied.output and "grid/grids" in applied.output
    assert part.exists() and list((home.landing_dir / "grid" / "events" / "packed").glob("2026-01.zip"))


def test_what_a_killed_run_left_behind_goes_with_the_next(home: Settings) -> None:
    one = retention.may_go(home)[0]
    one.folder.rename(one.folder.with_name(f".going-{one.folder.name}"))
    retention.drop(home, retention.may_go(home))
    assert not list(one.folder.parent.glob(".going-*"))


def test_a_folder_that_cannot_be_moved_is_a_sentence(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(
        PermanentError, match="it cannot be moved aside .Permission denied. - let your user write there"
    ):
        retention.drop(home, retention.may_go(home))


def test_a_home_without_releases_has_nothing_to_lose(tmp_path: Path) -> None:
    assert retention.may_go(settings_at(tmp_path / "empty")) == []
