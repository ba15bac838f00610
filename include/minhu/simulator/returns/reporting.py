"""Months of reports, and who fills them in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from minhu.simulator.city.geography import Geography
from minhu.simulator.city.reference import units_table
from minhu.simulator.city.streams import Texts


def month_after(first: date) -> date:
    """First day of the month after."""
    return (first + timedelta(days=32)).replace(day=1)


def months_before(first: date, count: int) -> date:
    """First day of the month ``count`` months before."""
    number = first.year * 12 + first.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def departments(geo: Geography) -> Texts:
    """Codes of the departments and companies that streets call and rate."""
    units = units_table(geo)
    return units.loc[units["kind"].isin(["department", "company"]), "unit_code"].to_numpy(dtype=object)


def streets_of(geo: Geography) -> Texts:
    """Codes of all streets, in order."""
    return np.array(sorted(geo.streets), dtype=object)
