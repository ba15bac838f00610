"""What readers of Airflow get to see of a home: pages and records of arrivals, nothing else, and nobody unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from minhu.orchestration import pages
from minhu.settings import Settings
from tests.fixtures.homes import settings_at

SHOWN = ("site/r1/index.html", "site/r1/kpi/H06.html", "site/current.js", "reports/r1/index.html")
RECORDS = ("landing/grid/arrivals/dt=2026-11-20.json",)
KEPT = (
    "landing/grid/events/dt=2026-11-20/attempt=001/part.parquet", "landing/grid/arrivals", "secrets/signing.pem",
    "site/.r2/index.html", "warehouse/work.duckdb", "city.json", "airflow/passwords.json",
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    home = tmp_path / "home"
    for name in (*SHOWN, *RECORDS, *KEPT):
        if name == "landing/grid/arrivals":
            continue
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("{}", encoding="utf-8")
    monkeypatch.setenv("MINHU_HOME", str(home))
    return settings_at(home)


@pytest.mark.parametrize("address", [*SHOWN, *RECORDS])
def test_pages_and_records_of_arrivals_are_found(settings: Settings, address: str) -> None:
    folder, _, path = address.partition("/")
    assert pages.file_of(settings, folder, path) == (settings.home / address).resolve()


@pytest.mark.parametrize(
    "address",
    [
        *KEPT, "site/", "site", "site/r1", "site/../secrets/signing.pem", "reports/../site/r1/index.html",
        "site//etc/passwd", "site/\0", "site/r1/%2e%2e/%2e%2e/secrets/signing.pem", "../site/r1/index.html", "/",
    ],
)  # fmt: skip
def test_nothing_else_is(settings: Settings, address: str) -> None:
    folder, _, path = address.partition("/")
    assert pages.file_of(settings, folder, path) is None


def test_a_link_leads_nowhere_outside(settings: Settings) -> None:
    (settings.home / "site" / "out").symlink_to(settings.home / "secrets")
    assert pages.file_of(settings, "site", "out/signing.pem") is None


@pytest.mark.parametrize(
    "address", [*SHOWN, *RECORDS, "", "site/../secrets/signing.pem", "site/%2e%2e/secrets/signing.pem"]
)
def test_nobody_gets_anything_without_logging_in(settings: Settings, address: str) -> None:
    asked = TestClient(pages.application(), follow_redirects=False).get(f"/{address}")
    assert asked.status_code in (401, 404) and "signing.pem" not in asked.text
    if address in (*SHOWN, *RECORDS, ""):
        assert asked.status_code == 401


@pytest.mark.parametrize("address", ["docs", "redoc", "openapi.json"])
def test_the_application_says_nothing_about_itself(settings: Settings, address: str) -> None:
    assert TestClient(pages.application()).get(f"/{address}").status_code == 404
