"""What is locked, and what the registry has that is newer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

from minhu.settings import PROJECT_ROOT
from upkeep import airflow_next, audit, lock
from upkeep.lock import Pin
from upkeep.registry import Offer, newest_patch, next_minor


def offers(*versions: str) -> list[Offer]:
    return [Offer(Version(version)) for version in versions]


@pytest.mark.parametrize("name", sorted(path.name for path in PROJECT_ROOT.glob("requirements*.txt")))
def test_every_package_of_our_locks_has_one_version_and_hashes(name: str) -> None:
    pins = lock.read(PROJECT_ROOT / name)
    assert list(pins) == sorted(pins)
    assert pins == {pin.name: pin for pin in pins.values() if pin.hashes and all(len(h) == 64 for h in pin.hashes)}
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    assert len(pins) == sum("==" in line for line in text.splitlines())


def test_a_line_of_a_lock_is_read_with_its_extras_and_its_hashes_in_order(tmp_path: Path) -> None:
    path = tmp_path / "lock.txt"
    path.write_text(
        "# a lock\nPsycopg_C[binary,pool]==3.2.1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n", encoding="utf-8"
    )
    assert lock.read(path) == {"psycopg-c": Pin("psycopg-c", Version("3.2.1"), ("aa", "bb"))}


@pytest.mark.parametrize("line", ["numpy>=2 --hash=sha256:aa", "numpy==2.1", "numpy", "numpy==2.1,!=2.1.1"])
def test_a_line_that_pins_nothing_or_has_no_hash_makes_no_lock(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lock.txt"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="found numpy"):
        lock.read(path)


@pytest.mark.parametrize(
    ("offered", "patch", "minor"),
    [
        (offers("3.3.1", "3.3.2"), None, None),
        (offers("3.3.2", "3.3.10", "3.3.9"), "3.3.10", None),
        (offers("3.3.2", "3.4.0", "3.4.1", "3.5.0", "4.0.0"), None, "3.5.0"),
        (offers("3.3.2", "3.3.3rc1", "3.4.0b2", "3.4.0.dev1"), None, None),
        ([*offers("3.3.2", "3.4.0"), Offer(Version("3.3.3"), is_yanked=True), Offer(Version("3.5.0"), is_yanked=True)], None, "3.4.0"),
        (offers("3.2.9", "2.11.2"), None, None),
    ],
    ids=["newest", "patches", "minors", "only betas", "taken back", "gone from the registry"],
)  # fmt: skip
def test_newer_is_what_is_final_and_not_taken_back(offered: list[Offer], patch: str | None, minor: str | None) -> None:
    locked = Version("3.3.2")
    assert newest_patch(locked, offered) == (Version(patch) if patch else None)
    assert next_minor(locked, offered) == (Version(minor) if minor else None)


def test_without_a_newer_airflow_one_sentence_says_so_and_names_the_beta_that_can_be_tried() -> None:
    locked = Version("3.3.2")
    assert airflow_next.none_newer(locked, offers("3.3.1", "3.3.2")) == (
        "no minor of Airflow above the locked 3.3.2 in the registry, whose newest is 3.3.2: nothing to try"
    )
    said = airflow_next.none_newer(locked, offers("3.4.0b1", "3.3.2", "3.4.0b2", "3.3.2rc1"))
    assert "whose newest is 3.3.2; 3.4.0b2 is on its way (AIRFLOW=3.4.0b2 tries it)" in said


def test_the_next_airflow_is_asked_for_in_place_of_the_locked_one() -> None:
    text = (PROJECT_ROOT / "requirements.in").read_text(encoding="utf-8")
    asked = airflow_next.requirements(text, Version("3.9.1"))
    changed = set(asked.splitlines()) ^ set(text.splitlines())
    assert len(changed) == 2 and "apache-airflow==3.9.1" in changed
    with pytest.raises(ValueError, match="found 0"):
        airflow_next.requirements(text.replace("apache-airflow==", "apache-airflow>="), Version("3.9.1"))
    assert all((PROJECT_ROOT / path).exists() for path in airflow_next.TESTS)


def test_ages_are_told_in_days_with_newer_patches_and_what_was_taken_back() -> None:
    pins = [Pin(name, Version("1.0.0"), ()) for name in ("old", "young", "bad", "gone")]
    known = {
        "old": [Offer(Version("1.0.0"), date(2020, 1, 1)), Offer(Version("1.0.1"), date(2026, 1, 1))],
        "young": [Offer(Version("1.0.0"), date(2026, 11, 19)), Offer(Version("1.1.0"), date(2026, 11, 20))],
        "bad": [Offer(Version("1.0.0"), date(2026, 11, 9), is_yanked=True)],
        "gone": [Offer(Version("0.9.0"), date(2019, 1, 1))],
    }
    said = list(audit.told_ages([audit.age(pin, known[pin.name]) for pin in pins], date(2026, 11, 29)))
    assert said == [
        "ages on 2026-11-29: half of 3 versions are older than 20 days",
        "oldest: old 1.0.0 (2020-01-01), bad 1.0.0 (2026-11-09), young 1.0.0 (2026-11-19)",
        "the registry does not say when these came out, or has them no more: gone",
        "1 packages have a newer patch of their minor version: old 1.0.0 -> 1.0.1",
        "TAKEN BACK by its authors: bad 1.0.0",
    ]
    assert list(audit.told_ages(None, date(2026, 11, 29))) == [
        "the registry cannot be reached: nothing is known of ages and of newer versions"
    ]
