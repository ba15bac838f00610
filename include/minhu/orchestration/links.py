"""Links from a task in Airflow to what it made; kept with the task's run, so that they outlast the code that wrote them."""

from __future__ import annotations

from datetime import date
from typing import Any

from airflow.sdk import BaseOperatorLink

from minhu import settings as settings_module
from minhu.extract import registry
from minhu.orchestration.pages import PREFIX
from minhu.release import releases


class ArrivalLink(BaseOperatorLink):
    """To the record of a delivery: accepted, blocked or absent, rows and findings."""

    name = "Arrival record"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Address of the record, "" for a run without a business date."""
        source = next(found.name for found in registry.sources() if found.dag_id == ti_key.dag_id)
        day = _business_date(ti_key)
        return f"{PREFIX}/landing/{source}/arrivals/dt={day}.json" if day else ""


class SiteLink(BaseOperatorLink):
    """To the KPI pages of the release that the run published."""

    name = "KPI pages"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Address of the first page, "" where nothing was published."""
        return _of_release("site", ti_key)


class DossierLink(BaseOperatorLink):
    """To the dossier of the release that the run published."""

    name = "Dossier"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Address of the first page, "" where nothing was published."""
        return _of_release("reports", ti_key)


def _of_release(folder: str, ti_key: Any) -> str:
    day = _business_date(ti_key)
    release = releases.latest_on(settings_module.load(), day) if day else None
    return f"{PREFIX}/{folder}/{release.release_id}/index.html" if release else ""


def _business_date(ti_key: Any) -> date | None:
    """Of the run that has just ended: Airflow hands over the whole task instance, not its key alone."""
    day = ti_key.get_template_context()["dag_run"].partition_key
    return date.fromisoformat(day) if day else None
