"""What a copy and a public key can prove: every changed byte, forged lines, heads kept elsewhere, keys that are missing."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minhu.audit import verification
from minhu.audit.verification import verify_folder, verify_home
from minhu.errors import PermanentError, UsageError
from minhu.ledger import signing
from minhu.ledger.chain import GENESIS, Ledger, _canonical
from minhu.release import publisher, releases
from minhu.release.release_folder import Release

from .conftest import CELLS, D18, D19, D20, D21, Home
from .test_commands import run
from .test_verify import _rewrite

SMALL = {"manifest.sig", "public_key.pem", "manifest.json"}
POSITIONS = 40


def _flips(content: bytes, every: bool) -> list[tuple[int, int]]:
    """Positions and what to change there: the lowest bit, and the one that makes capitals of letters."""
    chance = random.Random(len(content))
    places = range(len(content)) if every else {0, len(content) - 1, *chance.choices(range(len(content)), k=POSITIONS)}
    return [(place, 0x20 if place % 3 == 0 else 1) for place in sorted(places)]


def test_every_single_byte_that_changes_in_a_release_is_found(home: Home) -> None:
    night = home.night(D20)
    files = sorted(path for path in night.path.rglob("*") if path.is_file())
    smallest = min((path for path in files if path.suffix == ".parquet"), key=lambda path: path.stat().st_size)
    copy = home.settings.home.parent / "copy" / night.release_id
    shutil.copytree(night.path, copy)
    keys = signing.public_keys_dir(home.settings)
    assert verify_folder(copy, keys).problems == ()
    tried = 0
    for file in files:
        path = copy / file.relative_to(night.path)
        content = path.read_bytes()
        path.chmod(0o644)
        for place, bit in _flips(content, file.name in SMALL or file == smallest):
            changed = bytearray(content)
            changed[place] ^= bit
            path.write_bytes(changed)
            found = verify_folder(copy, keys).problems
            assert found, (file.name, place, bit)
            tried += 1
        path.write_bytes(content)
    assert tried > 3000
    assert verify_folder(copy, keys).problems == ()


def test_every_single_byte_that_changes_in_the_ledger_is_found(home: Home) -> None:
    first = home.night(D19)
    home.night(D20)
    publisher.rollback(home.settings, home.uri, first.release_id)
    path, keys = home.settings.ledger_path, signing.read_public_keys(signing.public_keys_dir(home.settings))
    content = path.read_bytes()
    for bit in (1, 0x20):
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= bit
            path.write_bytes(changed)
            ledger = Ledger(path)
            assert ledger.inspect(keys)[1] or ledger.has_torn_end(), (place, bit)


def _records(home: Home) -> list[dict[str, object]]:
    return [json.loads(line) for line in home.settings.ledger_path.read_bytes().splitlines()]


def _write(home: Home, records: list[dict[str, object]]) -> None:
    home.settings.ledger_path.write_bytes(b"".join(_canonical(record) + b"\n" for record in records))


def _forge_a_line(home: Home) -> None:
    last = Ledger(home.settings.ledger_path).events()[-1]
    forged = {**_records(home)[0], "kind": "rollback", "number": last.number + 1, "previous": last.sha256}
    _write(home, [*_records(home), forged])


def _forge_an_unsigned_line(home: Home) -> None:
    _forge_a_line(home)
    *kept, forged = _records(home)
    _write(home, [*kept, {k: v for k, v in forged.items() if k not in ("signature", "key_id")}])


def _sign_with_another_key(home: Home) -> None:
    _forge_a_line(home)
    *kept, forged = _records(home)
    forged.pop("signature")
    other = signing.make_key(home.settings.home.parent / "other.pem")
    forged["key_id"] = other.key_id
    _write(home, [*kept, {**forged, "signature": other.sign(_canonical(forged)).hex()}])


def _fork(home: Home) -> None:
    signer = signing.load_signer(home.settings)
    *_, last = records = _records(home)
    twin = {k: v for k, v in last.items() if k != "signature"} | {"git_commit": "another"}
    _write(home, [*records, {**twin, "signature": signer.sign(_canonical(twin)).hex()}])


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_forge_a_line, "line 3 of ledger.jsonl was forged or changed: its signature does not fit key"),
        (_forge_an_unsigned_line, "line 3 of ledger.jsonl is not signed although line 2 above it is"),
        (_sign_with_another_key, "line 3 of ledger.jsonl is signed with a key that is not trusted here"),
        (
            _fork,
            "line 3 of ledger.jsonl breaks the chain: it follows the same line as line 2, so the ledger was forked",
        ),
        (lambda home: _write(home, _records(home)[1:]), "a line before it was changed, taken out or moved"),
        (lambda home: _write(home, _records(home)[::-1]), "line 1 of ledger.jsonl breaks the chain"),
    ],
)
def test_a_forged_ledger_is_named_and_nothing_is_published_on_it(
    home: Home, tamper: Callable[[Home], None], says: str
) -> None:
    home.night(D19)
    home.night(D20)
    tamper(home)
    before = home.settings.ledger_path.read_bytes()
    assert any(says in problem for problem in verify_home(home.settings.home).problems)
    with pytest.raises(PermanentError, match=r"ledger.jsonl .* - publish nothing"):
        home.night(D21)
    assert home.settings.ledger_path.read_bytes() == before


def test_lines_cut_off_with_their_folders_show_beside_a_head_kept_elsewhere(home: Home) -> None:
    home.night(D19)
    night = home.night(D20)
    first, head = (event.sha256 for event in Ledger(home.settings.ledger_path).events())
    assert verify_home(home.settings.home, head=first).problems == ()
    assert verify_home(home.settings.home, head=head).notes[0] == "the head kept elsewhere is line 2 of 2"
    _write(home, _records(home)[:1])
    shutil.rmtree(night.path)
    assert verify_home(home.settings.home).problems == ()  # nothing in the files can tell
    assert "lines were cut off at the end, or the ledger was forked" in verify_home(
        home.settings.home, head=head
    ).problems[0]  # fmt: skip
    with pytest.raises(UsageError, match="expected 64 hex digits"):
        verify_home(home.settings.home, head="abc")


def test_lines_written_before_lines_were_signed_are_covered_by_the_first_signature(home: Home) -> None:
    for day in (D18, D19):
        home.night(day)
    previous, old = GENESIS, []
    for record in _records(home):
        kept = ("number", "kind", "release_id", "business_date", "manifest_sha256")
        old.append({**{name: record[name] for name in kept}, "previous": previous})
        _write(home, old)
        previous = Ledger(home.settings.ledger_path).events()[-1].sha256
    assert "the last line of ledger.jsonl is not signed" in verify_home(home.settings.home).problems[0]
    home.night(D20)
    found = verify_home(home.settings.home)
    assert found.problems == ()
    assert "lines up to 2 were written before lines were signed; the line after covers them" in found.notes
    records = _records(home)
    records[0]["business_date"] = "2026-11-17"
    _write(home, records)
    assert any(
        "line 2 of ledger.jsonl breaks the chain" in problem for problem in verify_home(home.settings.home).problems
    )


def test_a_missing_public_key_stops_publishing_until_it_is_restored(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = home.night(D19)
    monkeypatch.setenv("MINHU_SIGNING_KEY", "07" * 32)
    home.night(D20)
    kept = signing.public_keys_dir(home.settings) / f"{night.manifest['signing_key_id']}.pem"
    kept.unlink()
    with pytest.raises(PermanentError, match="line 1 of ledger.jsonl is signed with a key that is not trusted here"):
        home.night(D21)
    shutil.copy(night.path / "public_key.pem", kept)
    assert home.night(D21).is_new


def _swap(folder: Path, other: Release, night: Release) -> None:
    small, large = folder / "dim_units.parquet", folder / "kpi_contract.parquet"
    content = small.read_bytes()
    _rewrite(small, large.read_bytes())
    _rewrite(large, content)


def _take_manifest_of(folder: Path, other: Release, night: Release) -> None:
    for name in ("manifest.json", "manifest.sig", "public_key.pem"):
        _rewrite(folder / name, (other.path / name).read_bytes())


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_swap, "dim_units.parquet was changed, its SHA-256 is not the manifest's"),
        (_take_manifest_of, "manifest.json is that of release 2026-11-19-"),
        (lambda f, o, n: _rewrite(f / "public_key.pem", b"x"), "public_key.pem is not the key that signed"),
        (lambda f, o, n: (f / "public_key.pem").unlink(), "public_key.pem is missing"),
        (lambda f, o, n: _rewrite(f / "manifest.json", b"[]"), "expected a readable manifest.json"),
    ],
)
def test_a_copied_release_is_checked_with_the_public_key_alone(
    home: Home, tmp_path: Path, tamper: Callable[[Path, Release, Release], None], says: str
) -> None:
    other, night = home.night(D19), home.night(D20, CELLS[:3])
    folder, key = tmp_path / "copy" / night.release_id, tmp_path / "publisher.pem"
    shutil.copytree(night.path, folder)
    shutil.copy(next(signing.public_keys_dir(home.settings).iterdir()), key)
    home.settings = replace(home.settings, home=tmp_path / "elsewhere")
    sound = run(home, "verify", night.release_id, "--folder", str(folder), "--public-key", str(key))
    assert (sound.code, sound.out.splitlines()[0]) == (0, "the signature and all files are sound"), sound.said
    tamper(folder, other, night)
    found = verify_folder(folder, key, night.release_id).problems
    assert any(says in problem for problem in found), found


def test_verify_says_what_it_needs_for_a_folder_without_a_home(home: Home, tmp_path: Path) -> None:
    night = home.night(D20)
    for arguments, says in (
        (("--folder", str(night.path)), "a release folder cannot vouch for itself"),
        (("--folder", str(tmp_path / "nothing")), "expected a home (ledger.jsonl) or a release (manifest.json)"),
        (("--public-key", str(tmp_path / "nothing.pem")), "expected an Ed25519 public key (PEM)"),
        (("2026-11-20-0000000000",), "the ledger has no such release"),
    ):
        ended = run(home, "verify", *arguments)
        assert ended.code == 2 and says in ended.err and "Traceback" not in ended.err


def test_a_copied_home_is_verified_without_any_setting(home: Home, tmp_path: Path) -> None:
    night = home.night(D20)
    for name in ("releases", "public_keys"):
        shutil.copytree(home.settings.home / name, tmp_path / "copy" / name)
    shutil.copy(home.settings.ledger_path, tmp_path / "copy")
    home.settings = replace(home.settings, home=tmp_path / "elsewhere")
    assert run(home, "verify", "--folder", str(tmp_path / "copy")).code == 0
    (tmp_path / "copy" / "releases" / night.release_id / "dim_units.parquet").unlink()
    ended = run(home, "verify", "--folder", str(tmp_path / "copy"))
    assert ended.code == 1 and "dim_units.parquet is missing" in ended.out


def test_keys_are_made_shown_and_never_replaced(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "safe" / "key.pem"
    made = run(home, "keys", "make", str(file))
    assert made.code == 0 and file.stat().st_mode & 0o777 == 0o600
    again = run(home, "keys", "make", str(file))
    assert again.code == 2 and "expected no file, found one" in again.err
    monkeypatch.setenv("MINHU_SIGNING_KEY", str(file))
    night = home.night(D20)
    assert f"key      {night.manifest['signing_key_id']}" in made.out
    assert f"{night.manifest['signing_key_id']}  1 lines, 1 to 1" in run(home, "keys", "show").out
    monkeypatch.setenv("MINHU_SIGNING_KEY", str(tmp_path / "lost.pem"))
    with pytest.raises(PermanentError, match=r"lost.pem cannot be read .* - restore the file"):
        home.night(D21)


def test_the_key_of_a_connection_signs_unless_a_setting_names_another(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with signing.given("07" * 32):
        of_connection = signing.load_signer(home.settings).key_id
        monkeypatch.setenv("MINHU_SIGNING_KEY", "08" * 32)
        assert signing.load_signer(home.settings).key_id != of_connection
    monkeypatch.setenv("MINHU_SIGNING_KEY", "07" * 32)
    assert signing.load_signer(home.settings).key_id == of_connection


def test_clocks_of_files_that_went_back_change_nothing(home: Home) -> None:
    first = home.night(D20)
    for number, path in enumerate(sorted(home.settings.home.rglob("*"))):
        os.utime(path, (number, number))  # 1970, and in another order than they were written
    older = home.night(D18, CELLS[:2])
    again = home.night(D20)
    assert (again.release_id, again.is_new) == (first.release_id, False)
    assert releases.current(home.settings).release_id == first.release_id
    assert [event.release_id for event in Ledger(home.settings.ledger_path).events()] == [
        first.release_id, older.release_id,
    ]  # fmt: skip
    assert verification.verify(home.settings) == []


def test_a_clock_that_went_back_is_refused_unless_the_night_is_named(home: Home) -> None:
    home.night(D20.replace(year=2099))
    ended = run(home, "nightly")
    assert ended.code == 2
    assert "by this machine's clock the night to run is" in ended.err
    assert "that of 2099-11-20 was published already - correct the clock" in ended.err
