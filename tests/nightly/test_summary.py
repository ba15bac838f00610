"""What a person reads at the end."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from minhu.errors import TransientError
from minhu.landing.night import Night
from minhu.landing.zone import Arrival, Landing
from minhu.pipeline import stages
from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.standalone.nightly import NightReport
from minhu.standalone.report import print_night
from tests.fixtures.landed import NIGHT, LandedCity


class PublishedRelease(Release):
    """A release with three records in quarantine."""

    def table(self, name: str) -> pa.Table:
        assert name == "quarantined_rows"
        return pa.table({"table_name": ["hotline.work_orders", "hotline.calls", "grid.events"]})


@pytest.fixture
def report() -> NightReport:
    manifest = {"verdicts": {"PUBLISHED": 12_345, "NOT_RATED": 7}}
    release = PublishedRelease(
        "2026-11-20-0123456789", NIGHT, datetime(2026, 11, 20, 16, tzinfo=UTC), Path("/r/[a]"), manifest, "", True
    )
    arrivals = {
        "hotline": Arrival("hotline", NIGHT, "accepted", 1, row_counts={"work_orders": 1_000, "calls": 234}),
        "grid": Arrival("grid", NIGHT, "blocked", reason="expected the columns [a, b], found [/a]"),
        "stations": Arrival("stations", NIGHT, "absent", reason="none"),
    }
    return NightReport(NIGHT, release, arrivals, {"start Airflow": 9.87})


def printed(settings: Settings, report: NightReport, uri: str | None = None) -> str:
    text = io.StringIO()
    print_night(Console(file=text, width=120), settings, report, uri)
    return text.getvalue()


def test_summary_has_stages_rows_cells_and_the_release(night: Settings, report: NightReport) -> None:
    said = printed(night, report)
    for row in (
        ("start Airflow", "9.9"), ("hotline", "accepted", "1,234", "2"), ("grid", "blocked", "-", "1"),
        ("stations", "absent", "-", "0"), ("PUBLISHED", "12,345"), ("NOT_RATED", "7"),
    ):  # fmt: skip
        assert any(all(cell in line.split() or cell in line for cell in row) for line in said.splitlines()), row
    assert "release  2026-11-20-0123456789  (published)\n" in said
    assert "unchanged: the same content" in printed(
        night, replace(report, release=replace(report.release, is_new=False))
    )


def test_reason_of_a_blocked_source_is_printed_as_it_is(night: Settings, report: NightReport) -> None:
    """Square brackets are not taken for marks of style."""
    Landing(night.landing_dir).block("grid", NIGHT, "expected the columns [a, b], found [/a]")
    stages.announce_arrival(Night(night, NIGHT), "grid")
    said = printed(night, report)
    assert "grid was blocked: expected the columns [a, b], found [/a]\n" in said
    assert "folder   /r/[a]\n" in said
    assert "there are no grid KPIs of 2026-11-20: nothing of grid was ever accepted" in said
    assert "see docs/runbook/delivery-refused.md" in said
    assert "hotline was blocked" not in said


def test_delivery_that_could_not_be_read_again_is_told(night: Settings, report: NightReport) -> None:
    LandedCity().land(night, NIGHT, sources=("hotline",))
    with (
        pytest.raises(TransientError),
        stages.noting_failures(Night(night, NIGHT), "hotline_extract", "land_tables"),
    ):
        raise TransientError("read", "it was down", "wait")
    said = printed(night, replace(report, failures={"hotline_extract.land_tables": "read: it was down - wait"}))
    assert "hotline could not be read again: read: it was down - wait\n" in said
    assert "the hotline KPIs of 2026-11-20 stay as they were published; its delivery was not read again" in said
    assert "see docs/runbook/source-down.md" in said


def test_address_is_shown_without_its_password(night: Settings, report: NightReport) -> None:
    said = printed(night, report, "postgresql://me:secret@db.example/minhu")
    assert "postgresql://me@db.example/minhu" in said
    assert "secret" not in said
