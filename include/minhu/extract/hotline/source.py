"""The 12345 hotline (PostgreSQL), which can only show what it holds now."""

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
    """Read the window of a business date; see :func:`minhu.extract.hotline.extract.land`."""
    from minhu.extract.hotline import extract

    return extract.land(settings, landing, business_date, endpoint.address or "", pseudonyms)


SOURCE = Source(
    name="hotline",
    position=1,
    name_zh="12345热线",
    name_en="hotline",
    rule_code="HOT",
    endpoint="database",
    land=land,
    empty_rule=("L1-HOT-022", "info"),
)
