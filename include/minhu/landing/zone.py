"""The immutable record of what the sources said, night by night.

Layout, below ``landing/``::

    <source>/<table>/dt=<business date>/attempt=<n>/part.parquet + manifest.json
    <source>/arrivals/dt=<business date>.json
    <source>/arrivals/superseded/dt=<business date>.<SHA-256>.json

Old months may be packed (:mod:`packs`), byte for byte.

A landed attempt never changes. An *arrival* says what came of a source's delivery for a business date: accepted (and
which attempt is current), blocked, or absent because the city has no such source. It is written last, in one rename,
so a run killed anywhere before leaves at most an attempt that nobody reads. A record that another one takes the place of
is kept, for a release may rest on it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from minhu import __version__, atomic
from minhu.business_dates import Window
from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.landing import packs
from minhu.landing.contracts import table, tables_of
from minhu.landing.table_contract import TableContract
from minhu.landing.text_gate import pass_text

Status = Literal["accepted", "blocked", "absent"]
#: Folder beside the arrival records for those that another one took the place of.
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Attempt:
    """One complete reading of a source for a business date, every table on disk, not yet accepted."""

    source: str
    business_date: date
    number: int
    window: Window
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """What came of a delivery. ``attempt`` and ``window_end`` are None unless it was accepted."""

    source: str
    business_date: date
    status: Status
    attempt: int | None = None
    window_end: datetime | None = None
    reason: str = ""
    row_counts: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def path_of(contract: TableContract, day: date, number: int) -> str:
    """Where a table of an attempt lies, below the landing folder."""
    return f"{contract.source}/{contract.name}/dt={day.isoformat()}/attempt={number:03d}"


class Landing:
    """Reads and writes the landing folder of one home."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, contract: TableContract, day: date, number: int) -> Path:
        return self.root / path_of(contract, day, number)

    def has(self, contract: TableContract, day: date, number: int) -> bool:
        """Whether a table of an attempt is there, laid out or packed."""
        return packs.is_there(self.folder(contract, day, number))

    def laid_out(self, contract: TableContract, day: date, number: int) -> Path:
        """The folder of a table of an attempt, laid out again where it was packed."""
        return packs.lay_out(self.folder(contract, day, number))

    def write_attempt(
        self,
        source: str,
        day: date,
        window: Window,
        tables: Mapping[str, pa.Table],
        control_totals: Mapping[str, Mapping[str, int]],
        findings: Sequence[Finding] = (),
    ) -> Attempt:
        """Land one reading of a source, or recognise that the current attempt already holds the same bytes.

        Args:
            source: its name.
            day: business date.
            window: the change times that were read.
            tables: every table of the source's contracts, with exactly the contract's schema; order does not matter.
            control_totals: per table, figures asked from the source itself (``rows`` at least), kept as evidence.
            findings: what the extract noticed and the arrival record must carry.

        Raises:
            PermanentError: a table is missing or has another schema than its contract.
        """
        contracts = tables_of(source)
        noticed = list(findings)
        number = self._next_number(source, day)
        # an earlier try that was never accepted is written over, table by table: from here on it must not be accepted
        self._pending_path(source, day).unlink(missing_ok=True)
        for contract in contracts:
            if contract.name not in tables:
                raise PermanentError(
                    f"land {contract.full_name} of {day}", "the extract did not return this table", "mend the extract"
                )
            noticed += self._write_table(
                contract, day, number, window, tables[contract.name], control_totals.get(contract.name, {})
            )
        current = self.arrival(source, day)
        if current and current.attempt is not None and self._is_same(source, day, current.attempt, number):
            for contract in contracts:
                shutil.rmtree(self.folder(contract, day, number))
            number = current.attempt
        attempt = Attempt(source, day, number, window, tuple(noticed))
        record = {
            "number": number,
            "window": window.as_text(),
            "findings": [finding.as_dict() for finding in attempt.findings],
        }
        atomic.write_json(self._pending_path(source, day), record)
        return attempt

    def pending(self, source: str, day: date) -> Attempt | None:
        """The attempt of a date that was landed and not yet accepted or blocked, if there is one."""
        path = self._pending_path(source, day)
        if not path.exists():
            return None
        record = json.loads(path.read_text(encoding="utf-8"))
        start, end = record["window"]["start"], record["window"]["end"]
        window = Window(datetime.fromisoformat(start) if start else None, datetime.fromisoformat(end))
        return Attempt(source, day, record["number"], window, tuple(Finding(**f) for f in record["findings"]))

    def read_table(self, source: str, name: str, day: date, number: int) -> pa.Table:
        """A landed table of one attempt."""
        return pq.read_table(self.laid_out(table(source, name), day, number) / "part.parquet", partitioning=None)

    def manifest(self, source: str, name: str, day: date, number: int) -> dict[str, Any]:
        """The manifest beside a landed table."""
        return dict(json.loads(packs.read(self.folder(table(source, name), day, number), "manifest.json")))

    def accept(self, attempt: Attempt, findings: Sequence[Finding] = ()) -> Arrival:
        """Make an attempt the current one of its source and date."""
        rows = {
            contract.name: int(
                self.manifest(attempt.source, contract.name, attempt.business_date, attempt.number)["row_count"]
            )
            for contract in tables_of(attempt.source)
        }
        everything = tuple(sorted({*attempt.findings, *findings}))
        return self._write_arrival(
            Arrival(
                attempt.source, attempt.business_date, "accepted", attempt.number, attempt.window.end,
                row_counts=rows, findings=everything,
            )
        )  # fmt: skip

    def block(self, source: str, day: date, reason: str, findings: Sequence[Finding] = ()) -> Arrival:
        """Refuse a delivery. An attempt accepted for the same date earlier stays current."""
        self._pending_path(source, day).unlink(missing_ok=True)
        current = self.arrival(source, day)
        if current is not None and current.status == "accepted":
            return current
        return self._write_arrival(Arrival(source, day, "blocked", reason=reason, findings=tuple(sorted(findings))))

    def mark_absent(self, source: str, day: date, reason: str) -> Arrival:
        """Record that this city has no such source."""
        return self._write_arrival(Arrival(source, day, "absent", reason=reason))

    def arrival(self, source: str, day: date) -> Arrival | None:
        """The arrival record of a source and date, if there is one."""
        path = self._arrival_path(source, day)
        return _arrival_from(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def arrivals(self, source: str, until: date | None = None) -> list[Arrival]:
        """All arrivals of a source in order of business date, up to and including ``until``."""
        folder = self.root / source / "arrivals"
        found = [
            _arrival_from(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("dt=*.json"))
        ]
        return [arrival for arrival in found if until is None or arrival.business_date <= until]

    def arrival_files(self, until: date) -> list[Path]:
        """The arrival records of all sources up to and including ``until``."""
        found = self.root.glob("*/arrivals/dt=*.json")
        return sorted(path for path in found if path.stem <= f"dt={until.isoformat()}")

    def last_accepted_end(self, source: str, before: date) -> datetime | None:
        """Window end (UTC) of the last accepted delivery with a business date before ``before``."""
        ends = [a.window_end for a in self.arrivals(source) if a.business_date < before and a.window_end is not None]
        return max(ends, default=None)

    def _write_table(
        self, contract: TableContract, day: date, number: int, window: Window, data: pa.Table, totals: Mapping[str, int]
    ) -> list[Finding]:
        """Write a table, and say what of its text could not land."""
        if not data.schema.equals(contract.schema, check_metadata=False):
            raise PermanentError(
                f"land {contract.full_name} of {day}",
                f"expected the columns {contract.schema.to_string()}, found {data.schema.to_string()}",
                "mend the extract so that it returns the contract's schema",
            )
        data, damaged = pass_text(contract, data)
        target = self.folder(contract, day, number)
        building = target.with_name(f".building-{target.name}")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        part = building / "part.parquet"
        every_column = [
            *contract.sort_order,
            *((c, "ascending") for c in contract.schema.names if c not in dict(contract.sort_order)),
        ]
        pq.write_table(
            data.replace_schema_metadata(None).sort_by(every_column), part, compression="zstd", store_schema=False
        )
        atomic.sync_file(part)
        manifest = {
            "source": contract.source,
            "table": contract.name,
            "business_date": day.isoformat(),
            "attempt": number,
            "window": window.as_text(),
            "row_count": data.num_rows,
            "control_totals": dict(totals),
            "key": list(contract.key),
            "version_column": contract.version,
            "columns": [{"name": f.name, "type": str(f.type)} for f in contract.schema],
            "files": [{"name": part.name, "bytes": part.stat().st_size, "sha256": atomic.sha256_of(part)}],
            "extractor_version": __version__,
        }
        atomic.write_json(building / "manifest.json", manifest)
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
        for folder in (target.parent, *target.parent.parents):  # some of them may be new
            atomic.sync_folder(folder)
            if folder == self.root:
                break
        return damaged

    def _next_number(self, source: str, day: date) -> int:
        """One more than the current attempt: a number that was never accepted is free to be written again."""
        current = self.arrival(source, day)
        return 1 if current is None or current.attempt is None else current.attempt + 1

    def _is_same(self, source: str, day: date, one: int, other: int) -> bool:
        def evidence(number: int) -> list[Any]:
            there = [c for c in tables_of(source) if not c.came_later or self.has(c, day, number)]
            manifests = [self.manifest(source, contract.name, day, number) for contract in there]
            return [(m["window"], m["files"], m["control_totals"], m["extractor_version"]) for m in manifests]

        return evidence(one) == evidence(other)

    def _arrival_path(self, source: str, day: date) -> Path:
        return self.root / source / "arrivals" / f"dt={day.isoformat()}.json"

    def _pending_path(self, source: str, day: date) -> Path:
        return self.root / source / "arrivals" / f".pending-dt={day.isoformat()}.json"

    def _write_arrival(self, arrival: Arrival) -> Arrival:
        record = asdict(arrival)
        record["business_date"] = arrival.business_date.isoformat()
        record["window_end"] = arrival.window_end.isoformat() if arrival.window_end else None
        path = self._arrival_path(arrival.source, arrival.business_date)
        before = path.read_bytes() if path.exists() else b""
        if before and before != atomic.json_bytes(record):
            kept = f"{path.stem}.{sha256(before).hexdigest()}.json"
            atomic.write_bytes(path.parent / SUPERSEDED / kept, before)
        atomic.write_json(path, record)
        self._pending_path(arrival.source, arrival.business_date).unlink(missing_ok=True)
        return arrival


def _arrival_from(record: dict[str, Any]) -> Arrival:
    return Arrival(
        source=record["source"],
        business_date=date.fromisoformat(record["business_date"]),
        status=record["status"],
        attempt=record["attempt"],
        window_end=datetime.fromisoformat(record["window_end"]) if record["window_end"] else None,
        reason=record["reason"],
        row_counts=record["row_counts"],
        findings=tuple(Finding(**finding) for finding in record["findings"]),
    )
