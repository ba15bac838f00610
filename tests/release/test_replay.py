"""Rebuilding releases: small nights with everything that makes a night depend on more than its own delivery."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from minhu.audit import replay, replay_evidence
from minhu.errors import Busy, PermanentError
from minhu.findings import Finding
from minhu.landing import contracts, packs
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.release.release_folder import CHANGES, Release
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import dbt_build, raw_tables, work_file
from tests.fixtures.homes import build_and_publish, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order
from tests.fixtures.returned import PARTIES, opinion, send
from tests.release.manifests import landed_manifests

from .conftest import empty_database
from .processes import context

pytestmark = pytest.mark.nights(5)

D17, D18, D19, D20 = (NIGHT - timedelta(days=back) for back in (3, 2, 1, 0))
SEPTEMBER = {"period_from": "2026-09-01", "period_to": "2026-09-30"}


def pictures(city: LandedCity) -> None:
    city.places({d: {f"{d}001": (f"{d}001001",)} for d in ("dA", "dB")})
    city.units("u1")
    city.add("grid.grids", grid_code="g1", community_code="dA001001", street_code="dA001")
    city.add("stations.points", station_code="s1", name="站", kind="model_point", community_code="dA001001")
    city.add("stations.items", item_code="i1", name="事项", is_personal=True, is_core=True, lowest_level="community")


def order(city: LandedCity, number: int, month: int, seen: date, on_time: bool = True) -> None:
    day = f"2026-{month:02d}"
    add_order(
        city, f"o{month}-{number}", "dA" if number % 3 else "dB", created_at=f"{day}-02 09:00", due_at=f"{day}-10 18:00",
        closed_at=f"{day}-{'09' if on_time else '12'} 10:00", updated_at=f"{seen} 08:00",
    )  # fmt: skip


def case(city: LandedCity, number: int, month: int, seen: date) -> None:
    day = f"2026-{month:02d}"
    city.add(
        "stations.cases", case_id=f"k{month}-{number}", district_code="dA", station_code="s1",
        accepted_at=f"{day}-02 09:00", finished_at=f"{day}-03 09:00", review="satisfied" if number % 4 else "dissatisfied",
        updated_at=f"{seen} 08:00",
    )  # fmt: skip


def event(city: LandedCity, number: int, seen: date) -> None:
    city.add(
        "grid.events", event_id=f"e{number}", grid_code="g1", status="closed", reported_at="2026-11-02 09:00",
        due_at="2026-11-04 09:00", closed_at="2026-11-03 09:00", photo_hash=f"p{number}", updated_at=f"{seen} 08:00",
    )  # fmt: skip


def first_night(settings: Settings, day: date) -> None:
    """Orders, cases and events of a running, a past and a settled month; a department's return."""
    city = LandedCity()
    pictures(city)
    for month in (9, 10, 11):
        for number in range(40):
            order(city, number, month, day, on_time=number % 5 > 0)
            case(city, number, month, day)
    for number in range(30):
        add_order(city, f"second week-{number}", "dA", created_at="2026-09-08 09:00", updated_at=f"{day} 08:00")
    for number in range(40):
        event(city, number, day)
    send(city, PARTIES, date(2026, 11, 5), opinion("same"), opinion("gone"), opinion("mended"))
    city.land(settings, day)


def second_night(settings: Settings, day: date, sources: tuple[str, ...] = ("hotline", "returns")) -> None:
    """Late and corrected rows of settled months, a return sent again, and a finding that withholds that month's cases."""
    city = LandedCity()
    pictures(city)
    order(city, 40, 9, day, on_time=False)
    order(city, 1, 10, day, on_time=False)
    send(city, PARTIES, date(2026, 11, 12), opinion("mended", date(2026, 10, 9)), opinion("same"), opinion("new"))
    city.land(settings, day, sources=sources)
    city.land(settings, day, sources=("stations",), accept=False)
    landing = Landing(settings.landing_dir)
    pending = landing.pending("stations", day)
    assert pending is not None
    wrong = Finding(
        "L1-STA-090", "block", "stations", "stations.cases", "planted", rows_seen=3, rows_failed=3, **SEPTEMBER
    )
    landing.accept(pending, [wrong])


def block_grid(settings: Settings, day: date) -> None:
    finding = Finding("L0-GRD-001", "block", "grid", "grid", "the platform did not answer")
    Landing(settings.landing_dir).block("grid", day, "the platform did not answer", [finding])


def deliver_again(settings: Settings, day: date) -> None:
    """Stations of a past night once more, with fewer cases and without the finding."""
    city = LandedCity()
    pictures(city)
    case(city, 0, 9, day)
    city.land(settings, day, sources=("stations",))


def files_of(home: Path) -> dict[str, tuple[int, int]]:
    """All files but those of replays, with what would tell of a write."""
    found = (path for path in home.rglob("*") if path.is_file() and "replay" not in path.relative_to(home).parts[:1])
    return {path.relative_to(home).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def replay_and_die(settings: Settings, release_id: str) -> None:
    """Replay and SIGKILL this very process once something was built."""

    def progress(line: str) -> None:
        if line.startswith("build"):
            os.kill(os.getpid(), signal.SIGKILL)

    replay.replay(settings, release_id, progress)


@dataclass
class Story:
    """Two nights that were published, and what landed after them."""

    settings: Settings
    first: Release
    second: Release


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Iterator[Story]:
    settings = settings_at(tmp_path_factory.mktemp("replay"))
    uri = empty_database(server, "published_replay")
    first_night(settings, D17)
    first = build_and_publish(settings, uri, D17)
    second_night(settings, D18)
    block_grid(settings, D18)
    second = build_and_publish(settings, uri, D18)
    # what must not be seen: the night after, a second delivery of the night itself, and that grid came after all
    city = LandedCity()
    pictures(city)
    for number in range(30):
        order(city, number, 11, D19, on_time=False)
    city.land(settings, D19)
    deliver_again(settings, D18)
    city = LandedCity()
    pictures(city)
    city.land(settings, D18, sources=("grid",))
    yield Story(settings, first, second)


def test_a_night_with_stale_withheld_late_and_resent_data_is_rebuilt_to_the_byte(story: Story) -> None:
    cells = [
        row for row in story.second.table("kpi_results").to_pylist()
        if row["period_type"] == "month" and row["period_start"] == date(2026, 9, 1)
    ]  # fmt: skip
    withheld = [row for row in cells if row["verdict"] == "WITHHELD" and row["last_good_value"] is not None]
    assert withheld and {row["last_good_as_of"] for row in withheld} == {story.first.as_of.replace(tzinfo=None)}
    stale = [row for row in story.second.table("kpi_results").to_pylist() if row["is_stale"]]
    assert stale and {row["as_of"] for row in stale} == {story.first.as_of.replace(tzinfo=None)}
    assert story.second.table("return_restatements").num_rows == 1
    log = story.second.table("kpi_restatements").to_pylist()
    assert {"late_rows", "corrected_rows"} <= {cause for row in log for cause in row["causes"].split()}
    assert story.second.manifest["stale_sources"] == ["grid"]

    before = files_of(story.settings.home)
    child = context().Process(target=replay_and_die, args=(story.settings, story.second.release_id))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    root = story.settings.home / "replay"
    assert (root / f"running-{story.second.release_id}" / "warehouse" / "work.duckdb").exists()
    assert files_of(story.settings.home) == before

    said: list[str] = []
    found = replay.replay(story.settings, story.second.release_id, said.append)
    assert found.is_equal, "\n".join(found.lines())
    assert (found.other_code, found.folder) == ("", None)
    assert "equal" in found.lines()[0] and any(line.startswith("build") for line in said)
    assert [path.name for path in root.iterdir()] == ["replay.lock"]
    assert files_of(story.settings.home) == before


def test_packed_deliveries_rebuild_a_night_and_are_not_laid_out_in_the_home(story: Story, tmp_path: Path) -> None:
    settings = replace(story.settings, home=tmp_path / "home")
    shutil.copytree(story.settings.home, settings.home, ignore=shutil.ignore_patterns("replay"))
    for contract in contracts.TABLES:
        accepted = {
            a.business_date.isoformat(): a.attempt or 0 for a in Landing(settings.landing_dir).arrivals(contract.source)
        }
        table = settings.landing_dir / contract.source / contract.name
        for deliveries in packs.waiting(table, "9999", accepted).values():
            packs.pack(deliveries)
    assert list(settings.landing_dir.rglob("2026-11.zip"))
    assert not list((settings.landing_dir / "hotline").rglob("part.parquet"))
    before = files_of(settings.home)
    found = replay.replay(settings, story.second.release_id)
    assert found.is_equal, "\n".join(found.lines())
    assert files_of(settings.home) == before
    pack = settings.landing_dir / "hotline" / "work_orders" / "packed" / "2026-11.zip"
    content = pack.read_bytes()
    at = content.index(b"PAR1") + 8
    pack.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
    with pytest.raises(PermanentError, match="2026-11.zip"):
        replay.replay(settings, story.second.release_id)


def test_other_models_are_said_first_and_the_difference_has_table_columns_and_keys(
    story: Story, tmp_path: Path
) -> None:
    shutil.copytree(
        PROJECT_ROOT / "dbt_project", tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copy(PROJECT_ROOT / "requirements.txt", tmp_path)
    contract = tmp_path / "dbt_project" / "seeds" / "gate_rules.csv"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("BAND_ONLY", "PUBLISHED_WITH_NOTE"), encoding="utf-8")
    said: list[str] = []
    found = replay.replay(
        replace(story.settings, project_root=tmp_path), story.first.release_id, said.append, keep=True
    )
    commit = str(story.first.manifest["git_commit"]).removesuffix(CHANGES)
    assert (
        "the models are not those of release" in said[0] and f"git worktree add ../at-{commit[:10]} {commit}" in said[0]
    )
    assert not found.is_equal
    cells = next(difference for difference in found.differences if difference.table == "kpi_results")
    assert (cells.only_published, cells.only_replayed) == (0, 0) and cells.changed > 0
    assert "verdict" in cells.columns and "numerator" not in cells.columns
    assert 1 <= len(cells.keys) <= 10
    assert all("verdict BAND_ONLY in the release, PUBLISHED_WITH_NOTE in the replay" in key for key in cells.keys)
    assert cells.keys[0].startswith("kpi_id=")
    assert found.folder is not None and (found.folder / "warehouse" / "work.duckdb").exists()
    shutil.rmtree(found.folder)


@pytest.mark.parametrize("harm", ["changed", "lost", "manifest", "arrival"])
def test_tampered_evidence_is_named_before_anything_is_built(story: Story, harm: str) -> None:
    folder = story.settings.landing_dir / "hotline" / "work_orders" / f"dt={D17}" / "attempt=001"
    path = folder / ("manifest.json" if harm == "manifest" else "part.parquet")
    if harm == "arrival":
        path = next((story.settings.landing_dir / "stations" / "arrivals" / "superseded").glob(f"dt={D18}.*.json"))
        paths = list(path.parent.glob(f"dt={D18}.*.json"))
    else:
        paths = [path]
    kept = {one: one.read_bytes() for one in paths}
    for one, content in kept.items():
        one.unlink()
        if harm not in ("lost", "arrival"):
            one.write_bytes(content[:-1] + b" ")
    says = {"changed": "part.parquet was changed: expected SHA-256", "lost": "part.parquet is missing",
            "manifest": "manifest.json was changed", "arrival": f"stations/arrivals/dt={D18}.json of that time"}  # fmt: skip
    try:
        with pytest.raises(PermanentError, match=says[harm]) as caught:
            replay.replay(story.settings, story.second.release_id)
        assert "restore these files from a copy" in str(caught.value)
    finally:
        for one, content in kept.items():
            one.write_bytes(content)
    assert list((story.settings.home / "replay").glob("running-*")) == []


def test_an_earlier_attempt_that_is_listed_itself_is_brought_once(story: Story, tmp_path: Path) -> None:
    """Also where it was damaged, so that the damage is what is told."""
    scratch, path = replace(story.settings, home=tmp_path), story.second.manifest["landing"][0]["path"]
    for _ in range(2):
        replay_evidence._bring(story.settings, scratch, path)
    assert (tmp_path / path).is_file()


def test_a_release_of_the_time_before_arrival_records_were_listed_is_laid_out_too(story: Story, tmp_path: Path) -> None:
    """Its manifest lists the accepted attempt of each date only, and no arrival records."""
    manifest = {name: value for name, value in story.second.manifest.items() if name not in ("arrivals", "profile")}
    scratch = replace(story.settings, home=tmp_path)
    replay_evidence.lay_out(story.settings, replace(story.second, manifest=manifest), None, scratch)
    stations = Landing(scratch.landing_dir).arrival("stations", D18)
    assert stations is not None and stations.attempt == 1 and [f.rule_id for f in stations.findings] == ["L1-STA-090"]
    assert Landing(scratch.landing_dir).arrival("grid", D18).status == "blocked"  # type: ignore[union-attr]
    assert landed_manifests(scratch, D18) == story.second.manifest["landing"]


def test_only_one_replay_at_a_time(story: Story) -> None:
    with (
        replay._scratch_home(story.settings, story.first, keep=False),
        pytest.raises(Busy, match="another replay is running"),
    ):
        replay.replay(story.settings, story.second.release_id)


def test_a_week_always_draws_the_same_release_and_weeks_differ(story: Story) -> None:
    sunday = date(2026, 11, 29)
    drawn = {
        sunday + timedelta(weeks=n): replay.release_of_week(story.settings, sunday + timedelta(weeks=n))
        for n in range(20)
    }
    assert set(drawn.values()) == {story.first.release_id, story.second.release_id}
    for day, name in drawn.items():
        assert replay.release_of_week(story.settings, day - timedelta(days=6)) == name, "Monday of the same ISO week"


def test_releases_of_other_models_are_not_drawn(story: Story, tmp_path: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "dbt_project" / "seeds", tmp_path / "dbt_project" / "seeds")
    settings = replace(story.settings, project_root=tmp_path)
    assert replay.release_of_week(settings, D20) is None
    assert replay.check_week(settings, D20) is None


def test_what_lands_between_build_and_release_is_not_listed_unread(tmp_path: Path) -> None:
    """Else a manifest would list an attempt that its figures do not rest on."""
    settings = settings_at(tmp_path)
    landing = Landing(settings.landing_dir)
    first_night(settings, D17)
    dbt_build.load_landing(Night(settings, D17))

    def is_behind() -> bool:
        with work_file.connect(settings) as db:
            return raw_tables.is_behind(db, Night(settings, D17).inventory)

    assert not is_behind()
    second_night(settings, D18)
    assert not is_behind(), "what is of a later night says nothing"
    deliver_again(settings, D17)
    assert is_behind()
    dbt_build.load_landing(Night(settings, D17))
    assert not is_behind()
    landing.mark_absent("grid", D17, "the city gave it up")
    assert is_behind()


@pytest.mark.slow
def test_every_night_of_a_longer_story_is_rebuilt_to_the_byte(tmp_path: Path, server: Path) -> None:
    """Nights that were increments: judged in part, settled months taken over from the export before."""
    settings, uri = settings_at(tmp_path / "home"), empty_database(server, "published_replay_long")
    first_night(settings, D17)
    nights = [build_and_publish(settings, uri, D17)]
    second_night(settings, D18, sources=("hotline", "grid", "returns"))
    nights.append(build_and_publish(settings, uri, D18))
    city = LandedCity()
    pictures(city)
    order(city, 41, 9, D19)  # the file of September is written again; its withheld cells are not judged again
    # a day before the first: volumes of the week of the old first day may be compared from now on
    add_order(city, "earliest", "dA", created_at="2026-08-25 09:00", updated_at=f"{D19} 08:00")
    city.land(settings, D19)
    nights.append(build_and_publish(settings, uri, D19))
    deliver_again(settings, D18)
    nights.append(build_and_publish(settings, uri, D18))  # a past night is released again
    city = LandedCity()
    pictures(city)
    event(city, 50, D20)
    city.land(settings, D20, sources=("hotline", "stations", "returns"))
    block_grid(settings, D20)
    nights.append(build_and_publish(settings, uri, D20))
    assert len({night.release_id for night in nights}) == len(nights)
    for night in nights:
        found = replay.replay(settings, night.release_id)
        assert found.is_equal, "\n".join(found.lines())
