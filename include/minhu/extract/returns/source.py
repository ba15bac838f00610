"""The returns of departments: XLSX workbooks in a drop folder, once a month; most nights bring none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from minhu.extract.registry import Endpoint, Source

if TYPE_CHECKING:
    from minhu.extract.privacy import Pseudonyms
    from minhu.landing.zone import Attempt, Landing
    from minhu.settings import Settings


def land(
    settings: Settings, landing: Landing, business_date: date, endpoint: Endpoint, pseudonyms: Pseudonyms
) -> Attempt:
    """Read the window of a business date; see :func:`minhu.extract.returns.extract.land`."""
    from minhu.extract.returns import extract

    return extract.land(settings, landing, business_date, Path(endpoint.address or ""))


SOURCE = Source(
    name="returns",
    position=4,
    name_zh="部门报表",
    name_en="departments' returns",
    rule_code="RET",
    endpoint="folder",
    land=land,
    shows_its_past=True,
    files_are_mended_by="station-files",
)
