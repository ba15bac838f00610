"""The grid platform (HTTP API), which can only show what it holds now."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from minhu.extract.registry import Endpoint, Source

if TYPE_CHECKING:
    from minhu.extract.privacy import Pseudonyms
    from minhu.landing.zone import Attempt, Landing
    from minhu.settings import Settings


def land(
    settings: Settings, landing: Landing, business_date: date, endpoint: Endpoint, pseudonyms: Pseudonyms
) -> Attempt:
    """Read the window of a business date; see :func:`minhu.extract.grid.extract.land`."""
    from minhu.extract.grid import extract

    return extract.land(settings, landing, business_date, endpoint.address or "", endpoint.token, pseudonyms)


SOURCE = Source(
    name="grid",
    position=2,
    name_zh="网格平台",
    name_en="grid platform",
    rule_code="GRD",
    endpoint="api",
    land=land,
    reads_again=0,  # the client asks every page again by itself, for up to a minute
    empty_rule=("L1-GRD-024", "info"),
)
