"""What every source that is read by windows of change times is held against: what landed of it before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from minhu.findings import Finding, Severity, sample
from minhu.landing.table_contract import TableContract
from minhu.landing.zone import Landing

#: Fewer rows than this never refuse a delivery, whatever their share: a pilot has few.
FEWEST_TO_BLOCK = 5
#: The control total of a delivery that says how many keys were gone from the source.
GONE_TOTAL = "gone"


@dataclass(frozen=True)
class Before:
    """What landed in accepted deliveries of earlier nights.

    Attributes:
        files: of the table, in the order of their deliveries.
        gone: how many keys were gone in the last of them.
    """

    files: Sequence[Path]
    gone: int


def before(landing: Landing, contract: TableContract, business_date: date) -> Before:
    """What landed of a table before a night."""
    accepted = landing.arrivals(contract.source, business_date - timedelta(days=1))
    attempts = [(a.business_date, number) for a in accepted for number in range(1, (a.attempt or 0) + 1)]
    parts = [landing.folder(contract, day, number) / "part.parquet" for day, number in attempts]
    last = landing.manifest(contract.source, contract.name, *attempts[-1]) if attempts else {"control_totals": {}}
    return Before([part for part in parts if part.exists()], int(last["control_totals"].get(GONE_TOTAL, 0)))


def finding(
    rule_id: str, contract: TableContract, failed: int, seen: int, keys: Sequence[str], says: Callable[[int], str],
    missing_percent: int, known_before: int = 0,
) -> list[Finding]:  # fmt: skip
    """A finding about rows that windows do not bring, none where there are none.

    It refuses the delivery where more than ``missing_percent`` of the rows seen fail that did not fail the night before,
    and at least :data:`FEWEST_TO_BLOCK`.
    """
    if not failed:
        return []
    new = failed - known_before
    severity: Severity = "block" if new >= FEWEST_TO_BLOCK and new * 100 > missing_percent * seen else "warn"
    return [
        Finding(
            rule_id, severity, contract.source, contract.full_name, says(failed), column_name=str(contract.version),
            rows_seen=seen, rows_failed=failed, sample_keys=sample(keys),
        )
    ]  # fmt: skip
