"""What an auditor finds offline: every tampering has its sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from minhu.audit import verification
from minhu.errors import PermanentError
from minhu.ledger import signing
from minhu.release.release_folder import Release

from .conftest import D19, D20, D21, Home


def _rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.unlink()  # a new file: what shares the old one by hard link is not touched
    path.write_bytes(content)


def _edit_manifest(night: Release) -> None:
    manifest = json.loads((night.path / "manifest.json").read_bytes())
    manifest["verdicts"]["PUBLISHED"] += 1
    _rewrite(night.path / "manifest.json", json.dumps(manifest).encode())


def _edit_ledger(night: Release) -> None:
    path = night.path.parents[1] / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"release"', b'"rollback"', 1))


def _cut_ledger(night: Release) -> None:
    path = night.path.parents[1] / "ledger.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


def _reorder_ledger(night: Release) -> None:
    path = night.path.parents[1] / "ledger.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[::-1]))


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda n: _rewrite(n.path / "kpi_results/2026-11.parquet", b"x"), "2026-11.parquet was changed"),
        (lambda n: (n.path / "dim_units.parquet").unlink(), "dim_units.parquet is missing"),
        (lambda n: (n.path / "more.parquet").write_bytes(b""), "more.parquet does not belong there"),
        (lambda n: _rewrite(n.path / "manifest.sig", b"0" * 64), "manifest.sig does not fit manifest.json"),
        (lambda n: (n.path / "manifest.sig").unlink(), "manifest.sig is missing"),
        (lambda n: shutil.rmtree(n.path), "its folder is missing"),
        (_edit_manifest, "manifest.json is not the one in the ledger"),
        (_edit_ledger, "breaks the chain"),
        (_reorder_ledger, "line 1 of ledger.jsonl breaks the chain"),
        (_cut_ledger, "a release folder the ledger does not know"),
    ],
)
def test_tampering_is_found(home: Home, tamper: Callable[[Release], object], says: str) -> None:
    home.night(D19)
    night = home.night(D20)
    assert verification.verify(home.settings) == []
    tamper(night)
    assert any(says in problem for problem in verification.verify(home.settings)), verification.verify(home.settings)


def test_broken_chain_stops_publishing(home: Home) -> None:
    night = home.night(D19)
    home.night(D20)
    _edit_ledger(night)
    with pytest.raises(PermanentError, match="line 1 of ledger.jsonl was forged or changed"):
        home.night(D21)


def test_lost_folder_comes_back_with_the_same_bytes(home: Home) -> None:
    home.night(D19)
    night = home.night(D20)
    shutil.rmtree(night.path)
    again = home.publish(D20)
    assert (again.manifest_sha256, again.is_new) == (night.manifest_sha256, False)
    assert verification.verify(home.settings) == []


def test_lost_folder_is_not_replaced_by_one_with_another_signature(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    night = home.night(D20)
    shutil.rmtree(night.path)
    monkeypatch.setenv("MINHU_SIGNING_KEY", "07" * 32)
    with pytest.raises(PermanentError, match="run with the signing key of that time"):
        home.publish(D20)
    assert not night.path.exists()


def test_damaged_file_in_the_store_is_not_used_again(home: Home) -> None:
    night = home.night(D20)
    stored = home.settings.store_dir / night.files[0].sha256
    stored.chmod(0o644)
    stored.write_bytes(b"0" * stored.stat().st_size)  # in place: the release folder has it too
    assert [p for p in verification.verify(home.settings) if "was changed" in p]
    shutil.rmtree(night.path)
    home.publish(D20)
    assert verification.verify(home.settings) == []


def test_release_signed_with_another_key_is_not_trusted(home: Home, tmp_path: Path) -> None:
    home.night(D20)
    trusted = tmp_path / "trusted"
    signing.make_key(trusted / "private.txt")
    (trusted / "other.pem").write_bytes(signing.read_signer(trusted / "private.txt").public_pem)
    assert any("a key that is not trusted here" in p for p in verification.verify(home.settings, trusted))
    for key in signing.public_keys_dir(home.settings).iterdir():
        shutil.copy(key, trusted)
    assert verification.verify(home.settings, trusted) == []


def test_own_key_is_made_once_and_only_the_owner_may_read_it(home: Home) -> None:
    first, again = signing.load_signer(home.settings), signing.load_signer(home.settings)
    path = home.settings.secrets_dir / "signing_key.pem"
    assert first.key_id == again.key_id
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["signing_key.pem"]


def test_configured_key_signs_and_old_releases_stay_valid(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first = home.night(D19)
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    key_ids = set()
    for text in (bytes(range(32)).hex(), pem, pem.replace("\n", "\\n")):
        monkeypatch.setenv("MINHU_SIGNING_KEY", text)
        key_ids.add(signing.load_signer(home.settings).key_id)
    second = home.night(D20)
    assert key_ids == {second.manifest["signing_key_id"]}
    assert second.manifest["signing_key_id"] != first.manifest["signing_key_id"]
    assert verification.verify(home.settings) == []
    assert home.night(D19).release_id == first.release_id  # the key is not part of the content


@pytest.mark.parametrize("text", ["secret-but-wrong", "zz" * 32, "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_key_that_cannot_be_read_is_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MINHU_SIGNING_KEY", text)
    with pytest.raises(PermanentError, match="expected an Ed25519 private key") as caught:
        home.night(D20)
    assert text not in str(caught.value)
