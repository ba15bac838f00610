"""The signing key of an Airflow connection."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from minhu import settings
from minhu.errors import PermanentError
from minhu.ledger import signing


def test_a_connection_may_hold_the_key_and_need_not_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from minhu.orchestration import tasks

    def absent(name: str) -> None:
        raise AirflowNotFoundException(name)

    monkeypatch.setattr(Connection, "get", staticmethod(lambda name: SimpleNamespace(password=f"key of {name}")))
    assert tasks._signing_key() == "key of minhu_signing"
    monkeypatch.setattr(Connection, "get", staticmethod(absent))
    assert tasks._signing_key() is None


def test_a_key_of_a_connection_that_the_ledger_does_not_trust_stops_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever administers Airflow can change a connection; that must not be enough to sign."""
    monkeypatch.delenv(signing.VARIABLE, raising=False)
    home = settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
    own, other = (signing.make_key(tmp_path / f"{name}.pem") for name in ("own", "other"))
    own_key, other_key = ((tmp_path / f"{name}.pem").read_text() for name in ("own", "other"))
    with signing.given(own_key):
        assert signing.load_signer(home).key_id == own.key_id, "the first key is the one of the connection"
    for attempt in (other_key, str(tmp_path / "other.pem")):
        with (
            signing.given(attempt),
            pytest.raises(PermanentError, match=f"expected a key this ledger trusts .* found {other.key_id}"),
        ):
            signing.load_signer(home)
    assert [path.stem for path in signing.public_keys_dir(home).iterdir()] == [own.key_id], (
        "it is not let in by the back door"
    )
    signing.keep_public_key(home, other)  # as who owns the home does
    with signing.given(other_key):
        assert signing.load_signer(home).key_id == other.key_id


def test_a_ledger_whose_public_keys_are_gone_trusts_no_connection(tmp_path: Path) -> None:
    home = settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
    signing.make_key(tmp_path / "key.pem")
    home.home.mkdir()
    home.ledger_path.write_text("{}\n")
    with signing.given(str(tmp_path / "key.pem")), pytest.raises(PermanentError, match="none is left"):
        signing.load_signer(home)
