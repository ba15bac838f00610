"""Where the product counts otherwise than the catalogue's words, as it does today.

Each entry is a definition that gives exactly what the product publishes, with why the oracle does not. The test asks for
both: that nothing but this differs, and that it still does. An entry that is settled has to go; now there is none.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.oracle.contract import Kpi
from tests.oracle.counts import Definition


class Dispute(NamedTuple):
    """Why the product is thought wrong, and by which definition it counts instead."""

    why: str
    definition: Definition


DISPUTES: dict[Kpi, Dispute] = {}
