"""Where the links of a task lead: an address that the pages know, of the night and the release of the run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from minhu.orchestration import links, pages
from minhu.release import releases
from tests.fixtures.homes import settings_at

DAY = date(2026, 11, 20)


def ended(dag_id: str, key: str | None = DAY.isoformat()) -> Any:
    """What Airflow hands over of a task that has just ended."""
    context = {"dag_run": SimpleNamespace(partition_key=key)}
    return SimpleNamespace(dag_id=dag_id, get_template_context=lambda: context)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINHU_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_an_arrival_leads_to_the_record_that_the_pages_show(home: Path) -> None:
    record = home / "landing" / "grid" / "arrivals" / "dt=2026-11-20.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}", encoding="utf-8")
    address = links.ArrivalLink().get_link(None, ti_key=ended("grid_extract"))
    assert address == "/minhu/landing/grid/arrivals/dt=2026-11-20.json"
    folder, _, path = address.removeprefix(f"{pages.PREFIX}/").partition("/")
    assert pages.file_of(settings_at(home), folder, path) == record.resolve()


@pytest.mark.parametrize(("link", "folder"), [(links.SiteLink(), "site"), (links.DossierLink(), "reports")])
def test_a_release_leads_to_its_pages(home: Path, monkeypatch: pytest.MonkeyPatch, link: Any, folder: str) -> None:
    of_day = {DAY: SimpleNamespace(release_id="r1")}
    monkeypatch.setattr(releases, "latest_on", lambda _, day: of_day.get(day))
    assert link.get_link(None, ti_key=ended("kpi_publish")) == f"/minhu/{folder}/r1/index.html"
    assert link.get_link(None, ti_key=ended("kpi_publish", "2026-11-19")) == "", "nothing was published of that night"


@pytest.mark.parametrize("link", [links.ArrivalLink(), links.SiteLink(), links.DossierLink()])
def test_a_run_without_a_business_date_leads_nowhere(home: Path, link: Any) -> None:
    assert link.get_link(None, ti_key=ended("grid_extract", None)) == ""
