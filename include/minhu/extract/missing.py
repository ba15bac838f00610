"""What every source is held against: what landed of it before. Rows that no window brings, things that a list has no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from minhu.findings import Finding, Severity, sample
from minhu.landing.contracts import tables_of
from minhu.landing.table_contract import TableContract
from minhu.landing.zone import Attempt, Landing

#: Fewer rows than this never refuse a delivery, whatever their share: a pilot has few.
FEWEST_TO_BLOCK = 5
#: The control total of a delivery that says how many keys were gone from the source.
GONE_TOTAL = "gone"


@dataclass(frozen=True)
class Before:
    """What landed in accepted deliveries of earlier nights.

    Attributes:
        files: of the table, in the order of their deliveries, where they landed; those of old months may be packed.
        gone: how many keys were gone in the last of them.
    """

    files: Sequence[Path]
    gone: int


def before(landing: Landing, contract: TableContract, business_date: date) -> Before:
    """What landed of a table before a night."""
    accepted = landing.arrivals(contract.source, business_date - timedelta(days=1))
    attempts = [(a.business_date, number) for a in accepted for number in range(1, (a.attempt or 0) + 1)]
    last = landing.manifest(contract.source, contract.name, *attempts[-1]) if attempts else {"control_totals": {}}
    parts = [
        landing.folder(contract, *attempt) / "part.parquet" for attempt in attempts if landing.has(contract, *attempt)
    ]
    return Before(parts, int(last["control_totals"].get(GONE_TOTAL, 0)))


def finding(
    rule_id: str, contract: TableContract, failed: int, seen: int, keys: Sequence[str], says: Callable[[int], str],
    missing_percent: int, known_before: int = 0, below: Severity = "warn",
) -> list[Finding]:  # fmt: skip
    """A finding about rows that windows do not bring, none where there are none.

    It refuses the delivery where more than ``missing_percent`` of the rows seen fail that did not fail the night before,
    and at least :data:`FEWEST_TO_BLOCK`; with fewer it is of severity ``below``.
    """
    if not failed:
        return []
    new = failed - known_before
    severity: Severity = "block" if new >= FEWEST_TO_BLOCK and new * 100 > missing_percent * seen else below
    return [
        Finding(
            rule_id, severity, contract.source, contract.full_name, says(failed),
            column_name=contract.version or contract.key[0],
            rows_seen=seen, rows_failed=failed, sample_keys=sample(keys),
        )
    ]  # fmt: skip


def gone_from_lists(landing: Landing, attempt: Attempt, missing_percent: int) -> list[Finding]:
    """Things that a list of the source had in the delivery before and has no more, rule L1-LST-001.

    A unit or a service point is struck off now and then, and counts from that day on as struck off; a list that lost many at
    once was cut short.

    Args:
        landing: with the attempt.
        attempt: landed and not yet accepted.
        missing_percent: of a list; with more the delivery is refused.
    """
    earlier = landing.arrivals(attempt.source, attempt.business_date - timedelta(days=1))
    last = max((a for a in earlier if a.attempt is not None), key=lambda arrival: arrival.business_date, default=None)
    if last is None or last.attempt is None:
        return []
    findings = []
    for contract in (c for c in tables_of(attempt.source) if c.is_snapshot and not c.came_later):
        known = _keys(landing, contract, last.business_date, last.attempt)
        gone = sorted(known - _keys(landing, contract, attempt.business_date, attempt.number))
        says = f"{{}} of {len(known)} listed on {last.business_date} are listed no more".format
        findings += finding("L1-LST-001", contract, len(gone), len(known), gone, says, missing_percent, below="info")
    return findings


def _keys(landing: Landing, contract: TableContract, day: date, number: int) -> set[str]:
    """Keys of a landed list, each as one text."""
    rows = landing.read_table(contract.source, contract.name, day, number).select(list(contract.key)).to_pylist()
    return {"/".join(str(row[name]) for name in contract.key) for row in rows}
