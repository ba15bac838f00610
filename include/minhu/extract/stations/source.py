"""The service stations: Chinese CSV and XLSX files in a drop folder."""

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
    """Read the window of a business date; see :func:`minhu.extract.stations.extract.land`."""
    from minhu.extract.stations import extract

    return extract.land(settings, landing, business_date, Path(endpoint.address or ""), pseudonyms)


SOURCE = Source(
    name="stations",
    position=3,
    name_zh="服务站点",
    name_en="service stations",
    rule_code="STA",
    endpoint="folder",
    land=land,
    shows_its_past=True,
    files_are_mended_by="station-files",
    empty_rule=("L1-STA-027", "info"),
)
