"""The night: a city, its business date, and what of landing counts for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from minhu.landing.inventory import Inventory
from minhu.landing.zone import Landing
from minhu.settings import Settings


@dataclass(frozen=True)
class Night:
    """One night of one city.

    Attributes:
        settings: of the city's state directory.
        business_date: the local day whose end the figures describe.
    """

    settings: Settings
    business_date: date

    @property
    def landing(self) -> Landing:
        return Landing(self.settings.landing_dir)

    @cached_property
    def inventory(self) -> Inventory:
        """What of landing counts, read when it is first asked for. A task that lands must not ask before it has landed."""
        return Inventory(self.landing, self.business_date)
