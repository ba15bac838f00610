"""A site stands whole or not at all, is never rewritten, and says by itself that a newer release exists."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path

import pytest

from minhu.errors import PermanentError, UsageError
from minhu.release.release_folder import Release
from minhu.reports import site
from minhu.settings import Settings

from .conftest import empty_home
from .synthetic import NIGHT, Size, add_synthetic

SMALL = Size(districts=1, streets=1, units=1, communities=0, months=3)


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    home = empty_home(tmp_path / "home")
    add_synthetic(home, SMALL)
    return home


def sites(home: Settings) -> Path:
    return home.home / "site"


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_release_gives_the_same_bytes(home: Settings, release: Release, folder: Path) -> None:
    assert folder.is_dir()
    assert site.check(home, release.release_id) == []


def test_a_check_tells_what_differs(small: Settings) -> None:
    folder = site.make(small).index.parent
    (folder / "index.html").write_text("other")
    (folder / "style.css").unlink()
    (folder / "more.html").write_text("")
    assert site.check(small) == ["differs: index.html", "missing: style.css", "not of this site: more.html"]


def test_a_check_without_a_site_says_how_to_make_it(small: Settings) -> None:
    with pytest.raises(UsageError, match="minhu site"):
        site.check(small)


def test_a_killed_run_leaves_nothing_a_reader_sees_and_the_next_recovers(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    write = Path.write_bytes

    def killed(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) == 5:
            raise KeyboardInterrupt
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", killed)
        with pytest.raises(KeyboardInterrupt):
            site.make(small)
    left = [path.name for path in sites(small).iterdir()]
    assert left and all(name.startswith(".building-") for name in left)
    (sites(small) / left[0] / "of-another-code.html").write_text("")
    assert site.make(small).is_new
    assert site.check(small) == []
    assert not list(sites(small).glob(".building-*"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_is_full_or_read_only_is_said(
    small: Settings, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(number, "refused by the disk", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        with pytest.raises(PermanentError, match="refused by the disk.*minhu site"):
            site.make(small)
    assert [path.name for path in sites(small).iterdir()] == []
    assert site.make(small).is_new


def test_a_night_whose_site_fails_stands_and_notes_it(small: Settings) -> None:
    sites(small).write_text("a file where a folder should be")
    release = Release(**{**vars(_current(small))})
    site.write_after_release(small, release)
    note = small.home / "failures" / NIGHT.isoformat() / "kpi_publish.site.txt"
    assert "the release stands; run `minhu site`" in note.read_text()
    sites(small).unlink()
    site.write_after_release(small, release)
    assert not note.exists() and site.check(small) == []


def test_old_sites_stay_as_they_are_and_all_ask_one_file_which_is_current(small: Settings) -> None:
    old = site.make(small).index.parent
    before = content(old)
    newer = add_synthetic(small, SMALL, date(2026, 11, 21))
    site.make(small)
    assert content(old) == before
    assert (sites(small) / "current.js").read_text() == f'minhuCurrent("{newer.release_id}");\n'
    assert not site.make(small, old.name).is_new
    assert (sites(small) / "current.js").read_text() == f'minhuCurrent("{newer.release_id}");\n'


def _current(home: Settings) -> Release:
    from minhu.release import releases

    return releases.current(home)
