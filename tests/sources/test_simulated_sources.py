"""The extracts against the simulated city: everything it delivers lands, in whatever form, and nothing else."""

from __future__ import annotations

import logging
from datetime import date

import pandas as pd
import pytest

from minhu.extract.grid import extract as grid
from minhu.extract.privacy import Pseudonyms
from minhu.extract.stations import extract as stations
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings
from minhu.simulator import GridServer
from minhu.simulator.city.city import City, grid_day, with_broken
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.grid.grid_state import write_grid_state
from minhu.simulator.stations.station_files import _changed_cases, stations_folder, write_station_files

LAST = date(2026, 11, 20)
#: Three days, so that every district comes in several forms and every form comes at least once.
CITY = City(seed=7, scale=0.02, start=date(2026, 11, 18))
KEY = Pseudonyms(b"k" * 32)


def landed(settings: Settings, attempt: Attempt, table: str) -> pd.DataFrame:
    return Landing(settings.landing_dir).read_table(attempt.source, table, LAST, attempt.number).to_pandas()


def utc(local: pd.Series) -> pd.Series:
    moments = pd.to_datetime(local).astype("datetime64[s]")
    return (moments - pd.Timedelta(hours=8)).astype("datetime64[us]")


def test_every_case_of_every_form_of_file_lands_with_its_times(home: Settings) -> None:
    assert write_station_files(home.home, CITY, LAST) == 3
    attempt = stations.land(home, Landing(home.landing_dir), LAST, stations_folder(home.home), KEY)
    assert {f.rule_id for f in attempt.findings} <= {"L1-STA-021"}, "the simulator sends nothing that cannot be read"
    truth = pd.concat([_changed_cases(CITY, day) for day in CITY.days(LAST)], ignore_index=True)
    names = {"办件编号": "case_id", "站点编码": "station_code", "办结时间": "finished_at", "更新时间": "updated_at"}
    expected = truth[list(names)].rename(columns=names)
    for column in ("finished_at", "updated_at"):
        expected[column] = utc(expected[column])
    order = ["case_id", "updated_at"]
    expected = expected.drop_duplicates().sort_values(order, ignore_index=True)
    found = landed(home, attempt, "cases")[list(names.values())].drop_duplicates().sort_values(order, ignore_index=True)
    assert len(expected) > 100
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    people = set(truth["申请人证件号"].dropna())
    keys = set(landed(home, attempt, "cases")["applicant_key"].dropna())
    assert len(keys) == len(people) > 50 and not keys & people


def test_every_event_of_the_platform_lands_once_through_pages_and_refusals(
    home: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("minhu.extract.grid.events.PAGE_ROWS", 100)
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    written = write_grid_state(home.home, CITY, LAST)
    with GridServer(home.home, busy_every=5) as server:
        attempt = grid.land(home, Landing(home.landing_dir), LAST, server.url, server.token, KEY)
        token = server.token
    days = [with_broken(*grid_day(CITY, day, end_of_day(LAST))) for day in CITY.days(LAST)]
    truth = pd.concat(days, ignore_index=True)
    events = landed(home, attempt, "events")
    assert sorted(events["event_id"]) == sorted(truth["event_id"]) and len(events) == written > 500
    assert len(slept) > 1 and attempt.findings == ()
    assert len(landed(home, attempt, "grids")) == len(landed(home, attempt, "worker_activity")) > 0
    assert set(landed(home, attempt, "event_verifications")["event_id"]) <= set(truth["event_id"])
    assert token not in caplog.text and not set(events["reporter_key"]) & set(truth["reporter_id"])
