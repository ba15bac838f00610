"""The signing key of an Airflow connection."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


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
