"""What a failure means for the reader of the figures, and which page of the runbook says what to do.

An error says what happened to the pipeline. A notice says what somebody will see who opens the published figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from minhu.errors import MinhuError, SourceBlocked, TransientError
from minhu.extract import registry
from minhu.extract.registry import Source
from minhu.landing.night import Night
from minhu.release import releases


class Page(StrEnum):
    """The pages of the runbook that messages name, below docs/runbook/."""

    SOURCE_DOWN = "source-down"
    SOURCE_REFUSES_US = "source-refuses-us"
    DELIVERY_REFUSED = "delivery-refused"
    STATION_FILES = "station-files"
    BUILD_FAILED = "build-failed"
    PUBLISH_FAILED = "publish-failed"
    STAGE_ENDED = "stage-ended"
    AIRFLOW_DOES_NOT_MOVE = "airflow-does-not-move"
    RUN_AGAIN = "run-again"
    REPLAY_DIFFERS = "replay-differs"
    SIGN_OFF_REFUSED = "sign-off-refused"


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


def page(name: Page) -> str:
    """Path of a page of the runbook, relative to the checkout, for messages."""
    return f"docs/runbook/{name}.md"


def of_failure(night: Night, dag_id: str, error: BaseException | None) -> Notice:
    """The notice of a failed task.

    Args:
        night: of the city.
        dag_id: whose task failed.
        error: what it raised; None where it was killed before it could raise anything.
    """
    source = next((found for found in registry.sources() if found.dag_id == dag_id), None)
    if source is not None:
        return Notice(of_source(night, source.name), page(_page_of_source(source, error)))
    name = Page.BUILD_FAILED if dag_id == "assessment_build" else Page.PUBLISH_FAILED
    return Notice(_unpublished(night), page(name if _is_ours(error) else Page.STAGE_ENDED))


def of_refused_delivery(night: Night, source: str) -> Notice:
    """The notice of a delivery that was read and not accepted."""
    return Notice(of_source(night, source), page(Page.DELIVERY_REFUSED))


def of_source(night: Night, source: str) -> str:
    """What is seen of a source that brought nothing acceptable for a business date."""
    landing = night.landing
    current = landing.arrival(source, night.business_date)
    if current is not None and current.status == "accepted":
        return (
            f"the {source} KPIs of {night.business_date} stay as they were published; its delivery was not read again"
        )
    accepted = [a.business_date for a in landing.arrivals(source, night.business_date - timedelta(days=1)) if a.attempt]
    if not accepted:
        return f"there are no {source} KPIs of {night.business_date}: nothing of {source} was ever accepted"
    return f"the {source} KPIs of {night.business_date} stay those of {max(accepted)}, marked stale"


def _page_of_source(source: Source, error: BaseException | None) -> Page:
    if isinstance(error, TransientError):
        return Page.SOURCE_DOWN
    if isinstance(error, SourceBlocked):
        return Page(source.files_are_mended_by or Page.DELIVERY_REFUSED)
    return Page.SOURCE_REFUSES_US if _is_ours(error) else Page.STAGE_ENDED


def _is_ours(error: BaseException | None) -> bool:
    return isinstance(error, MinhuError)


def _unpublished(night: Night) -> str:
    try:
        same = releases.latest_on(night.settings, night.business_date)
        shown = same or releases.current(night.settings)
    except MinhuError:
        return f"nothing of {night.business_date} is published, and nothing was before"
    if same is not None:
        return f"the figures of {night.business_date} stay as published in release {same.release_id}"
    return f"nothing of {night.business_date} is published: readers keep release {shown.release_id} of {shown.business_date}"
