"""Kinds of trouble that no other test of the sources has: see the table in docs/troubles.md."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import zipfile
from pathlib import Path

import httpx
import pytest

from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.extract.grid import json_api
from minhu.extract.hotline import snapshot
from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets import grids
from minhu.extract.stations import extract as stations
from minhu.landing.zone import Landing
from minhu.settings import Settings
from tests.fixtures.grid_platform import Platform, event, ok
from tests.fixtures.grid_platform import land as land_grid
from tests.fixtures.grid_platform import landed as landed_grid
from tests.fixtures.hotline_source import execute
from tests.fixtures.hotline_source import land as land_hotline
from tests.fixtures.landed import NIGHT
from tests.fixtures.station_folder import case, write_cases
from tests.fixtures.waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("waits")

KEY = Pseudonyms(b"k" * 32)


def land_stations(home: Settings, folder: Path) -> None:
    stations.land(home, Landing(home.landing_dir), NIGHT, folder, KEY)


def test_a_platform_that_answers_too_slowly_is_worth_a_retry(
    home: Settings,
    platform: tuple[Platform, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, url = platform
    pause = threading.Event()  # time.sleep is taken by the fixture that counts waits
    state.before = lambda path, query: pause.wait(0.4) and None
    monkeypatch.setattr(json_api, "TIMEOUT", httpx.Timeout(0.1))
    with pytest.raises(TransientError, match="no answer .ReadTimeout. after 8 tries"):
        land_grid(home, url)


def test_a_page_cut_in_the_middle_is_read_again(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    whole = ok({"items": state.events, "next_cursor": None, "total": 5})
    cut = (200, {}, whole[2][: len(whole[2]) // 2])
    answers = iter([cut, cut])
    state.before = lambda path, query: next(answers, whole) if path == "/api/v1/events" else None
    land_grid(home, url)
    assert len(landed_grid(home)) == 5


def test_an_event_of_a_clock_that_runs_ahead_lands_for_the_record_rules(
    home: Settings,
    platform: tuple[Platform, str],
) -> None:
    state, url = platform
    state.events = [event(1, reported_at="2026-11-23T08:00:00+08:00")]
    land_grid(home, url)
    assert [row["reported_at"].isoformat() for row in landed_grid(home)] == ["2026-11-23T00:00:00"]


def test_words_nobody_knows_land_for_the_record_rules(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    state.events = [event(1, status="vanished", category_code="K-new", grid_code="g-unknown")]
    land_grid(home, url)
    (row,) = landed_grid(home)
    assert (row["status"], row["category_code"], row["grid_code"]) == ("vanished", "K-new", "g-unknown")


def test_a_hotline_that_answers_too_slowly_is_worth_a_retry(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(hotline_uri, "alter table hotline.calls rename to all_calls")
    execute(
        hotline_uri,
        "create view hotline.calls as select c.* from hotline.all_calls c, (select pg_sleep(2)) as slow "
        "union all select c.* from hotline.all_calls c where pg_sleep(2) is null",
    )
    execute(
        hotline_uri, "insert into hotline.all_calls (call_id, direction, updated_at) values ('c', 'inbound', now())"
    )
    monkeypatch.setattr(snapshot, "STATEMENT_MILLISECONDS", 300)
    with pytest.raises(TransientError, match="57014"):
        land_hotline(home, hotline_uri)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unopened(home: Settings, drop: Path) -> None:
    bomb = drop / "2026-11-20" / "terminals_20261120.xlsx"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/workbook.xml", "w") as sheet,
    ):
        for _ in range((grids.MOST_UNPACKED_BYTES >> 20) + 1):
            sheet.write(bytes(1 << 20))
    assert bomb.stat().st_size < 1 << 20, "it is small where it lies"
    with pytest.raises(
        SourceBlocked, match="terminals_20261120.xlsx: expected at most 256 MiB unpacked, found 257 MiB"
    ):
        land_stations(home, drop)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_workbook_cut_short_is_refused_by_name(home: Settings, drop: Path, kept: float) -> None:
    path = drop / "2026-11-20" / "terminals_20261120.xlsx"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(SourceBlocked, match="terminals_20261120.xlsx"):
        land_stations(home, drop)


def test_a_csv_cut_in_the_middle_of_a_row_is_not_taken_for_whole(home: Settings, drop: Path) -> None:
    path = drop / "2026-11-20" / "cases_610103_20261120.csv"
    write_cases(path.parent, [case(办件编号=f"B{n:03d}") for n in range(4)])
    path.write_bytes(path.read_bytes()[:-60])
    land_stations(home, drop)
    landing = Landing(home.landing_dir)
    rows = landing.read_table("stations", "cases", NIGHT, 1).to_pylist()
    pending = landing.pending("stations", NIGHT)
    assert pending is not None
    (found,) = [f for f in pending.findings if f.rule_id == "L1-STA-023"][:1]
    assert len(rows) == 4 and rows[-1]["updated_at"] is None and found.rows_failed == 1


@pytest.mark.parametrize(
    "formula", ["=1+1", '=HYPERLINK("http://x.example","B001")', "=cmd|'/C calc'!A0", "@SUM(A1)", "+1"]
)
def test_a_formula_in_a_cell_is_no_code_and_does_not_land(home: Settings, drop: Path, formula: str) -> None:
    write_cases(drop / "2026-11-20", [case(), case(办件编号="B002", 事项编码=formula)])
    land_stations(home, drop)
    rows = Landing(home.landing_dir).read_table("stations", "cases", NIGHT, 1).to_pylist()
    assert [row["item_code"] for row in rows if row["case_id"] == "B002"] == [None]
    written = b"".join(path.read_bytes() for path in sorted(home.home.rglob("*")) if path.is_file())
    assert b"HYPERLINK" not in written and b"cmd|" not in written


def test_a_name_that_leads_out_of_the_folder_is_not_followed(home: Settings, drop: Path, tmp_path: Path) -> None:
    inside = drop / "2026-11-20" / "cases_610103_20261120.csv"
    outside = tmp_path / "outside.csv"
    inside.rename(outside)
    inside.symlink_to(Path("..") / ".." / outside.name)
    with pytest.raises(PermanentError, match="cases_610103_20261120.csv"):
        land_stations(home, drop)


def test_a_full_disk_is_said_in_words_and_the_next_run_recovers(home: Settings, hotline_uri: str) -> None:
    """A limit on the size of files stands for the full disk: the write fails in the same place."""
    execute(
        hotline_uri,
        "insert into hotline.work_orders (order_id, created_at, status, content, updated_at) "
        "select 'o' || g, '2026-11-20 08:00', 'open', md5(g::text), '2026-11-20 08:00' from generate_series(1, 3000) g",
    )
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from datetime import date
        from minhu import settings
        from minhu.landing.night import Night
        from minhu.pipeline import stages
        from minhu.errors import MinhuError
        home = settings.load()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        try:
            with stages.noting_failures(Night(home, date(2026, 11, 20)), "hotline_extract", "land_tables"):
                stages.land_source(Night(home, date(2026, 11, 20)), "hotline", stages.Endpoint(sys.argv[1]))
        except MinhuError as error:
            print(type(error).__name__, error)
        """
    )
    environment = {**os.environ, "MINHU_HOME": str(home.home), "MINHU_PSEUDONYM_KEY": "6b" * 32}
    done = subprocess.run(
        [sys.executable, "-c", program, hotline_uri],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout.startswith("TransientError write below"), done.stdout + done.stderr[-500:]
    assert "the disk is full - free space" in done.stdout
    landing = Landing(home.landing_dir)
    assert landing.pending("hotline", NIGHT) is None, "nothing half-written counts"
    assert landing.accept(land_hotline(home, hotline_uri)).row_counts["work_orders"] == 3000
