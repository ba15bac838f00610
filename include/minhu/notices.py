"""What a failure means for the reader of the figures, and which page of the runbook says what to do.

An error says what happened to the pipeline. A notice says what somebody will see who opens the published figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from minhu import releases
from minhu.contracts import SOURCES
from minhu.errors import MinhuError, SourceBlocked, TransientError
from minhu.landing import Landing
from minhu.settings import Settings

RUNBOOK = "docs/runbook"


@dataclass(frozen=True)
class Notice:
    """One sentence about the figures, and where to read on.

    Attributes:
        readers: what they will notice.
        page: of the runbook, relative to the checkout.
    """

    readers: str
    page: str

    def __str__(self) -> str:
        return f"{self.readers} - see {self.page}"


def page(name: str) -> str:
    """Path of a page of the runbook, for messages."""
    return f"{RUNBOOK}/{name}.md"


def of_failure(settings: Settings, business_date: date, dag_id: str, error: BaseException | None) -> Notice:
    """The notice of a failed task.

    Args:
        settings: of the home.
        business_date: of the run.
        dag_id: whose task failed.
        error: what it raised; None where it was killed before it could raise anything.
    """
    source = dag_id.removesuffix("_extract")
    if source in SOURCES:
        return Notice(of_source(settings, source, business_date), page(_page_of_source(source, error)))
    name = "build-failed" if dag_id == "assessment_build" else "publish-failed"
    return Notice(_unpublished(settings, business_date), page(name if _is_ours(error) else "stage-ended"))


def of_refused_delivery(settings: Settings, source: str, business_date: date) -> Notice:
    """The notice of a delivery that was read and not accepted."""
    return Notice(of_source(settings, source, business_date), page("delivery-refused"))


def of_source(settings: Settings, source: str, business_date: date) -> str:
    """What is seen of a source that brought nothing acceptable for a business date."""
    landing = Landing(settings.landing_dir)
    current = landing.arrival(source, business_date)
    if current is not None and current.status == "accepted":
        return f"the {source} KPIs of {business_date} stay as they were published; its delivery was not read again"
    accepted = [a.business_date for a in landing.arrivals(source, business_date - timedelta(days=1)) if a.attempt]
    if not accepted:
        return f"there are no {source} KPIs of {business_date}: nothing of {source} was ever accepted"
    return f"the {source} KPIs of {business_date} stay those of {max(accepted)}, marked stale"


def _page_of_source(source: str, error: BaseException | None) -> str:
    if isinstance(error, TransientError):
        return "source-down"
    if isinstance(error, SourceBlocked):
        return "station-files" if source == "stations" else "delivery-refused"
    return "source-refuses-us" if _is_ours(error) else "stage-ended"


def _is_ours(error: BaseException | None) -> bool:
    return isinstance(error, MinhuError)


def _unpublished(settings: Settings, business_date: date) -> str:
    try:
        same = releases.latest_on(settings, business_date)
        shown = same or releases.current(settings)
    except MinhuError:
        return f"nothing of {business_date} is published, and nothing was before"
    if same is not None:
        return f"the figures of {business_date} stay as published in release {same.release_id}"
    return f"nothing of {business_date} is published: readers keep release {shown.release_id} of {shown.business_date}"
