"""Stages that fail: what they leave behind, and how the night goes on without a source."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from minhu.errors import MinhuError, PermanentError, SourceBlocked, TransientError
from minhu.extract.registry import Endpoint
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.pipeline import stages
from minhu.settings import Settings
from tests.fixtures.landed import NIGHT, LandedCity

NEXT = date(2026, 11, 21)
REASON = "read the grid platform: it refuses the token - correct the connection minhu_grid"


def fail(night: Settings, source: str = "grid", task: str = "land_tables", day: date = NIGHT) -> None:
    with (
        pytest.raises(PermanentError),
        stages.noting_failures(Night(night, day), f"{source}_extract", task),
    ):
        raise PermanentError("read the grid platform", "it refuses the token", "correct the connection minhu_grid")


def land(night: Settings, source: str = "grid") -> None:
    LandedCity().land(night, NIGHT, sources=(source,))


def test_failed_stage_leaves_a_note_and_the_next_success_takes_it_away(night: Settings) -> None:
    fail(night)
    assert stages.failures(Night(night, NIGHT)) == {"grid_extract.land_tables": REASON}
    assert stages.failures(Night(night, NIGHT), "hotline_extract") == {}
    assert stages.failures(Night(night, date(2026, 11, 21))) == {}
    with stages.noting_failures(Night(night, NIGHT), "grid_extract", "land_tables"):
        pass
    assert stages.failures(Night(night, NIGHT)) == {}


def test_note_of_a_foreign_error_does_not_quote_it(night: Settings) -> None:
    with (
        pytest.raises(ValueError, match="13991234567"),
        stages.noting_failures(Night(night, NIGHT), "hotline_extract", "land_tables"),
    ):
        raise ValueError("cannot parse row (张三, 13991234567)")
    [note] = stages.failures(Night(night, NIGHT)).values()
    assert note.startswith("hotline_extract.land_tables: ValueError - read the task's log")
    assert "1399" not in note
    assert "张三" not in note


def test_time_out_that_is_no_ordinary_exception_leaves_a_note(night: Settings) -> None:
    class TimeOut(BaseException):
        """As Airflow's."""

    with pytest.raises(TimeOut), stages.noting_failures(Night(night, NIGHT), "grid_extract", "land_tables"):
        raise TimeOut
    assert "TimeOut" in stages.failures(Night(night, NIGHT))["grid_extract.land_tables"]


def test_source_that_failed_is_announced_as_blocked_with_the_reason(night: Settings) -> None:
    fail(night)
    arrival = stages.announce_arrival(Night(night, NIGHT), "grid")
    assert (arrival.status, arrival.reason, arrival.attempt) == ("blocked", REASON, None)
    [finding] = arrival.findings
    assert (finding.rule_id, finding.severity, finding.source, finding.message) == (
        "L0-GRD-001",
        "block",
        "grid",
        REASON,
    )
    assert Landing(night.landing_dir).arrival("grid", NIGHT) == arrival


def test_source_without_delivery_and_without_a_note_is_blocked_too(night: Settings) -> None:
    arrival = stages.announce_arrival(Night(night, NIGHT), "hotline")
    assert (arrival.status, arrival.reason) == ("blocked", "the extract ended without a delivery")
    assert [finding.rule_id for finding in arrival.findings] == ["L0-HOT-001"]


def test_accepted_delivery_stays_in_use_when_reading_it_again_fails(night: Settings) -> None:
    land(night)
    fail(night)
    arrival = stages.announce_arrival(Night(night, NIGHT), "grid")
    assert (arrival.status, arrival.attempt) == ("accepted", 1)
    assert stages.failures(Night(night, NIGHT)) == {"grid_extract.land_tables": REASON}, "the summary still tells of it"


def test_reason_of_a_blocked_source_is_that_of_the_last_try(night: Settings) -> None:
    Landing(night.landing_dir).block("grid", NIGHT, "it was down")
    assert stages.announce_arrival(Night(night, NIGHT), "grid").reason == "it was down"
    fail(night)
    assert stages.announce_arrival(Night(night, NIGHT), "grid").reason == REASON


def test_source_that_was_absent_and_now_fails_is_blocked(night: Settings) -> None:
    stages.validate_arrival(Night(night, NIGHT), "grid", Endpoint(None))
    fail(night)
    assert stages.announce_arrival(Night(night, NIGHT), "grid").status == "blocked"


def test_source_the_city_does_not_have_is_absent_with_a_reason(night: Settings) -> None:
    for source, reason in (
        ("stations", "this city has no stations"),
        ("grid", "no connection minhu_grid is configured"),
    ):
        assert stages.land_source(Night(night, NIGHT), source, Endpoint(None)) is None
        stages.validate_arrival(Night(night, NIGHT), source, Endpoint(None))
        arrival = stages.announce_arrival(Night(night, NIGHT), source)
        assert (arrival.status, arrival.reason) == ("absent", reason)


def test_validating_what_never_landed_says_which_task_to_run(night: Settings) -> None:
    with pytest.raises(MinhuError, match="nothing has landed - run the task land_tables"):
        stages.validate_arrival(Night(night, NIGHT), "grid", Endpoint("http://127.0.0.1:1"))


def test_validating_again_changes_nothing(night: Settings) -> None:
    land(night)
    accepted = Landing(night.landing_dir).arrival("grid", NIGHT)
    assert stages.validate_arrival(Night(night, NIGHT), "grid", Endpoint("http://127.0.0.1:1")) == accepted


def test_blocked_night_is_read_again_by_the_next(night: Settings) -> None:
    """The window of the next night begins where the last accepted delivery ended, not at the blocked one."""
    land(night)
    end = Landing(night.landing_dir).last_accepted_end("grid", date(2026, 11, 21))
    fail(night, day=date(2026, 11, 21))
    stages.announce_arrival(Night(night, date(2026, 11, 21)), "grid")
    assert end is not None
    assert Landing(night.landing_dir).last_accepted_end("grid", date(2026, 11, 22)) == end


@pytest.mark.parametrize("source", ["hotline", "grid"])
def test_night_that_was_read_is_not_read_again_once_a_later_one_was(night: Settings, source: str) -> None:
    """What the source would show of that night now is less than it showed then."""
    city = LandedCity()
    for day in (NIGHT, date(2026, 11, 21)):
        city.land(night, day, sources=(source,))
    accepted = Landing(night.landing_dir).arrival(source, NIGHT)
    nowhere = Endpoint("http://127.0.0.1:1")
    assert stages.land_source(Night(night, NIGHT), source, nowhere) is None
    assert stages.validate_arrival(Night(night, NIGHT), source, nowhere) == accepted
    assert stages.announce_arrival(Night(night, NIGHT), source) == accepted


def test_last_night_and_one_that_was_blocked_are_read_again(night: Settings) -> None:
    land(night, "hotline")
    nowhere = Endpoint("postgresql://nobody@127.0.0.1:1/hotline")
    with pytest.raises(TransientError):
        stages.land_source(Night(night, NIGHT), "hotline", nowhere)
    Landing(night.landing_dir).block("hotline", date(2026, 11, 19), "it was down")
    with pytest.raises(TransientError):
        stages.land_source(Night(night, date(2026, 11, 19)), "hotline", nowhere)


@pytest.mark.parametrize(
    ("error", "source", "page"),
    [
        (TransientError("a", "b", "c"), "grid", "source-down"),
        (PermanentError("a", "b", "c"), "hotline", "source-refuses-us"),
        (SourceBlocked("a", "b", "c"), "hotline", "delivery-refused"),
        (SourceBlocked("a", "b", "c"), "stations", "station-files"),
        (KeyError("a"), "grid", "stage-ended"),
    ],
)
def test_readers_are_told_which_figures_stay_and_where_to_read_on(
    night: Settings, error: Exception, source: str, page: str
) -> None:
    land(night, source)
    with pytest.raises(type(error)), stages.noting_failures(Night(night, NEXT), f"{source}_extract", "land_tables"):
        raise error
    expected = f"the {source} KPIs of 2026-11-21 stay those of 2026-11-20, marked stale - see docs/runbook/{page}.md"
    assert stages.reader_notices(Night(night, NEXT)) == [expected]
    with stages.noting_failures(Night(night, NEXT), f"{source}_extract", "land_tables"):
        pass
    assert stages.reader_notices(Night(night, NEXT)) == []


def test_readers_of_a_refused_delivery_are_told_until_another_is_accepted(night: Settings) -> None:
    Landing(night.landing_dir).block("grid", NIGHT, "L1-GRD-001: a rule does not hold")
    stages.announce_arrival(Night(night, NIGHT), "grid")
    [told] = stages.reader_notices(Night(night, NIGHT), "grid_extract")
    assert told == (
        "there are no grid KPIs of 2026-11-20: nothing of grid was ever accepted - see docs/runbook/delivery-refused.md"
    )
    land(night)
    stages.announce_arrival(Night(night, NIGHT), "grid")
    assert stages.reader_notices(Night(night, NIGHT)) == []


@pytest.mark.parametrize(("dag_id", "page"), [("assessment_build", "build-failed"), ("kpi_publish", "publish-failed")])
def test_readers_are_told_when_nothing_is_published(night: Settings, dag_id: str, page: str) -> None:
    with pytest.raises(PermanentError), stages.noting_failures(Night(night, NIGHT), dag_id, "only_task"):
        raise PermanentError("dbt build", "no such column", "mend the model")
    [told] = stages.reader_notices(Night(night, NIGHT))
    assert told == f"nothing of 2026-11-20 is published, and nothing was before - see docs/runbook/{page}.md"


@pytest.mark.parametrize(
    ("source", "endpoint", "error"),
    [
        ("hotline", Endpoint("postgresql://nobody@127.0.0.1:1/hotline"), TransientError),
        ("stations", Endpoint("/nowhere/at/all"), TransientError),
    ],
)
def test_source_that_cannot_be_reached_is_blocked_and_named(
    night: Settings, source: str, endpoint: Endpoint, error: type[MinhuError]
) -> None:
    with pytest.raises(error), stages.noting_failures(Night(night, NIGHT), f"{source}_extract", "land_tables"):
        stages.land_source(Night(night, NIGHT), source, endpoint)
    arrival = stages.announce_arrival(Night(night, NIGHT), source)
    assert arrival.status == "blocked"
    assert arrival.reason.count(" - ") >= 1, "what was tried, what happened - what to do"
    assert not list(Path(night.landing_dir, source).glob("*/dt=*/")), "nothing half-read stays behind"
